package io.flotilla.router.gateway;

import io.flotilla.router.client.BatchResult.Outcome;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.Condition;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.Mutation;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What a command asks of the store, and which keys it touches: all that must be known to carry out
 * a pipeline's commands at once without anyone noticing.
 */
sealed interface Work {
  /** Each once. */
  List<Bytes> keys();

  /** Whether it could change anything. */
  boolean writes();

  /** Looks at the value of one key. Neighbours on the same key may share one look. */
  record Read(Bytes key, Function<Optional<Bytes>, RedisMessage> reply) implements Work {
    @Override
    public List<Bytes> keys() {
      return List.of(key);
    }

    @Override
    public boolean writes() {
      return false;
    }
  }

  /** Changes one key. Neighbours on the same key may share one atomic batch. */
  record Write(Mutation mutation, Function<Outcome, RedisMessage> reply) implements Work {
    @Override
    public List<Bytes> keys() {
      return List.of(mutation.key());
    }

    @Override
    public boolean writes() {
      return true;
    }

    /** A batch is all or nothing, so a condition that fails would take its neighbours with it. */
    boolean mergeable() {
      return mutation instanceof Mutation.Put put
          ? put.options().condition() == Condition.ALWAYS
          : !(mutation instanceof Mutation.CompareAndSet);
    }
  }

  /**
   * Touches several keys.
   *
   * @param run its future carries a reply, or the failure of a command that certainly was not
   *     carried out, not even in part
   */
  record Several(
      List<Bytes> keys, boolean writes, Function<KvClient, CompletableFuture<RedisMessage>> run)
      implements Work {}

  /** Reads all keys there are: runs alone. */
  record Everything(Function<KvClient, CompletableFuture<RedisMessage>> run) implements Work {
    @Override
    public List<Bytes> keys() {
      return List.of();
    }

    @Override
    public boolean writes() {
      return false;
    }
  }
}
