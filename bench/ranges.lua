-- wrk's side of the small ranges: 64 KiB anywhere in an object whose size is the first argument. The requests are
-- made beforehand, so that making them takes no time from those who answer.
local RANGE_BYTES = 65536
local DIFFERENT_REQUESTS = 4096

local made = {}
local last = 0

function init(args)
  local ranges = tonumber(args[1]) / RANGE_BYTES
  math.randomseed(1)
  for index = 1, DIFFERENT_REQUESTS do
    local first = math.random(0, ranges - 1) * RANGE_BYTES
    local range = string.format("bytes=%d-%d", first, first + RANGE_BYTES - 1)
    made[index] = wrk.format("GET", nil, { Range = range })
  end
end

function request()
  last = last % DIFFERENT_REQUESTS + 1
  return made[last]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '{"requests":%d,"microseconds":%d,"bytes":%d,"failed":%d,"p99Microseconds":%d}\n'
  io.write(string.format(line, summary.requests, summary.duration, summary.bytes, failed, latency:percentile(99)))
end
