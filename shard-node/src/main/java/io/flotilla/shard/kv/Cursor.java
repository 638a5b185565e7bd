package io.flotilla.shard.kv;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.KeySpan;
import io.flotilla.raft.state.StateView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Goes through a row of spans as if they were one. To be closed before its view. */
final class Cursor implements AutoCloseable {
  private final StateView view;
  private final Iterator<KeySpan> rest;
  private final boolean reverse;
  private @Nullable RocksIterator at;

  private Cursor(StateView view, List<KeySpan> spans, boolean reverse) throws StorageException {
    this.view = view;
    this.rest = spans.iterator();
    this.reverse = reverse;
    skipEmpty();
  }

  /** At the first record, if there is one. */
  static Cursor forward(StateView view, List<KeySpan> spans) throws StorageException {
    return new Cursor(view, spans, false);
  }

  /** At the last record, if there is one, and downwards. */
  static Cursor backward(StateView view, List<KeySpan> spans) throws StorageException {
    List<KeySpan> downwards = new ArrayList<>(spans);
    Collections.reverse(downwards);
    return new Cursor(view, downwards, true);
  }

  boolean isValid() {
    return at != null && at.isValid();
  }

  byte[] key() {
    return current().key();
  }

  byte[] value() {
    return current().value();
  }

  void advance() throws StorageException {
    if (reverse) {
      current().prev();
    } else {
      current().next();
    }
    skipEmpty();
  }

  private RocksIterator current() {
    if (at == null) {
      throw new IllegalStateException("beyond the end");
    }
    return at;
  }

  /** To a record, or to the end. */
  private void skipEmpty() throws StorageException {
    while (!isValid()) {
      close();
      if (!rest.hasNext()) {
        return;
      }
      KeySpan span = rest.next();
      at = view.iterate(span.from(), span.to());
      if (reverse) {
        at.seekToLast();
      } else {
        at.seekToFirst();
      }
    }
  }

  /** Fails if it ended early. */
  private void leave(RocksIterator ended) throws StorageException {
    try (ended) {
      ended.status();
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    }
  }

  @Override
  public void close() throws StorageException {
    RocksIterator ended = at;
    at = null;
    if (ended != null) {
      leave(ended);
    }
  }
}
