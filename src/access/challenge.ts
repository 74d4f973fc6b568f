// What a client is told in WWW-Authenticate (RFC 6750 §3). That a token is expired, unknown or tampered with is all one:
// it is invalid.

/** To whoever has shown nothing that we know of. */
export const CHALLENGE = 'Bearer realm="sluice"';

export const INVALID_TOKEN = `${CHALLENGE}, error="invalid_token"`;

export const SEVERAL_CREDENTIALS = `${CHALLENGE}, error="invalid_request", error_description="More than one credential"`;
