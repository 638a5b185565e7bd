package io.flotilla.router.gateway;

import io.flotilla.router.client.BatchResult.Outcome;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.Mutation;
import io.flotilla.router.client.PutOptions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A mutation on its own, by the client's own method for it, with the outcome that a batch gives.
 */
final class SingleWrite {
  private SingleWrite() {}

  static CompletableFuture<Outcome> run(KvClient kv, Mutation mutation) {
    if (mutation instanceof Mutation.Put put) {
      return put(kv, put);
    }
    if (mutation instanceof Mutation.Delete delete) {
      return delete(kv, delete);
    }
    if (mutation instanceof Mutation.Increment increment) {
      return kv.increment(increment.key(), increment.delta()).thenApply(SingleWrite::number);
    }
    if (mutation instanceof Mutation.Append append) {
      return kv.append(append.key(), append.suffix()).thenApply(SingleWrite::number);
    }
    throw new IllegalArgumentException("no command writes by " + mutation);
  }

  private static CompletableFuture<Outcome> put(KvClient kv, Mutation.Put put) {
    if (put.options().equals(PutOptions.DEFAULT)) {
      return kv.put(put.key(), put.value())
          .thenApply(done -> new Outcome(true, false, Optional.empty(), 0));
    }
    return kv.put(put.key(), put.value(), put.options())
        .thenApply(r -> new Outcome(r.written(), r.existed(), r.previous(), 0));
  }

  private static CompletableFuture<Outcome> delete(KvClient kv, Mutation.Delete delete) {
    if (delete.returnPrevious()) {
      return kv.getAndDelete(delete.key())
          .thenApply(previous -> new Outcome(true, previous.isPresent(), previous, 0));
    }
    return kv.delete(delete.key())
        .thenApply(existed -> new Outcome(true, existed, Optional.empty(), 0));
  }

  private static Outcome number(long value) {
    return new Outcome(true, true, Optional.empty(), value);
  }
}
