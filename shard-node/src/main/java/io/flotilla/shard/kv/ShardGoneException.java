package io.flotilla.shard.kv;

/** The replica of a shard has left this node, and its state with it. */
public final class ShardGoneException extends Exception {
  private static final long serialVersionUID = 1L;

  ShardGoneException(String message) {
    super(message);
  }
}
