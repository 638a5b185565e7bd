package io.flotilla.router.client;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@link KvClient} for a caller that waits. Every method blocks until the answer or the deadline,
 * and throws {@link KvException}; so it does when the thread is interrupted, and a write is then of
 * unknown outcome, for it goes on. Never from a callback of the asynchronous client: its event loop
 * would wait for itself.
 */
public final class SyncKvClient {
  private final KvClient kv;

  public SyncKvClient(KvClient kv) {
    this.kv = kv;
  }

  public KvClient async() {
    return kv;
  }

  /** See {@link KvClient#withReads}. */
  public SyncKvClient withReads(ReadOptions options) {
    return new SyncKvClient(kv.withReads(options));
  }

  public Reading read(Bytes key) {
    return Waiting.forRead(kv.read(key));
  }

  public Optional<Bytes> get(Bytes key) {
    return Waiting.forRead(kv.get(key));
  }

  public Map<Bytes, Bytes> getAll(Collection<Bytes> keys) {
    return Waiting.forRead(kv.getAll(keys));
  }

  public void put(Bytes key, Bytes value) {
    Waiting.forWrite(kv.put(key, value));
  }

  public PutResult put(Bytes key, Bytes value, PutOptions options) {
    return Waiting.forWrite(kv.put(key, value, options));
  }

  public boolean putIfAbsent(Bytes key, Bytes value) {
    return Waiting.forWrite(kv.putIfAbsent(key, value));
  }

  public boolean putIfPresent(Bytes key, Bytes value) {
    return Waiting.forWrite(kv.putIfPresent(key, value));
  }

  public Optional<Bytes> getAndPut(Bytes key, Bytes value) {
    return Waiting.forWrite(kv.getAndPut(key, value));
  }

  public boolean delete(Bytes key) {
    return Waiting.forWrite(kv.delete(key));
  }

  public Optional<Bytes> getAndDelete(Bytes key) {
    return Waiting.forWrite(kv.getAndDelete(key));
  }

  public CasResult compareAndSet(Bytes key, Optional<Bytes> expected, Optional<Bytes> value) {
    return Waiting.forWrite(kv.compareAndSet(key, expected, value));
  }

  public long increment(Bytes key, long delta) {
    return Waiting.forWrite(kv.increment(key, delta));
  }

  public long append(Bytes key, Bytes suffix) {
    return Waiting.forWrite(kv.append(key, suffix));
  }

  public BatchResult batch(List<Mutation> mutations) {
    return Waiting.forWrite(kv.batch(mutations));
  }

  public void putAll(Map<Bytes, Bytes> pairs) {
    Waiting.forWrite(kv.putAll(pairs));
  }

  public long deleteAll(Collection<Bytes> keys) {
    return Waiting.forWrite(kv.deleteAll(keys));
  }

  public Page scan(Scan scan) {
    return Waiting.forRead(kv.scan(scan));
  }

  public long count(Scan scan) {
    return Waiting.forRead(kv.count(scan));
  }

  /**
   * All entries, fetched page by page as they are taken; the scan's limit is the size of a page.
   */
  public Iterable<Entry> entries(Scan scan) {
    return () -> new PagedEntries(scan);
  }

  private final class PagedEntries implements Iterator<Entry> {
    private Scan scan;
    private boolean more = true;
    private Iterator<Entry> page = List.<Entry>of().iterator();

    PagedEntries(Scan scan) {
      this.scan = scan;
    }

    @Override
    public boolean hasNext() {
      while (!page.hasNext() && more) {
        Page fetched = scan(scan);
        page = fetched.entries().iterator();
        more = fetched.next().isPresent();
        scan = fetched.next().map(scan::from).orElse(scan);
      }
      return page.hasNext();
    }

    @Override
    public Entry next() {
      if (!hasNext()) {
        throw new java.util.NoSuchElementException("the scan has ended");
      }
      return page.next();
    }
  }
}
