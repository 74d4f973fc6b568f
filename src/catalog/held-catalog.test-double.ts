// A catalog whose look-ups are answered when the test says so, and fail when it says so.
import type { Catalog, CatalogEntry, Collection, FoundEntry } from './catalog.ts';

export class HeldCatalog implements Catalog {
  readonly asked: string[] = [];
  readonly entries = new Map<string, FoundEntry>();
  hold: Promise<void> = Promise.resolve();
  failure: Error | undefined;
  closed = false;

  async find(id: string): Promise<FoundEntry | undefined> {
    this.asked.push(id);
    const [found, failure] = [this.entries.get(id), this.failure];
    await this.hold;
    if (failure) throw failure;
    return found;
  }
  async list(): Promise<readonly CatalogEntry[]> {
    return [...this.entries.values()];
  }
  put(one: CatalogEntry): Promise<void> {
    return this.putMany([one]);
  }
  async putMany(entries: readonly CatalogEntry[]): Promise<void> {
    for (const one of entries) this.entries.set(one.id, { ...one, isPublic: true });
  }
  async remove(id: string): Promise<boolean> {
    return this.entries.delete(id);
  }
  async collections(): Promise<readonly Collection[]> {
    return [{ id: 'default', title: 'All', isPublic: true }];
  }
  async putCollection({ isPublic }: Collection): Promise<void> {
    for (const [id, one] of this.entries) this.entries.set(id, { ...one, isPublic });
  }
  async removeCollection(): Promise<boolean> {
    return false;
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}
