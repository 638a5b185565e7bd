package io.flotilla.router.client;

/** How new an answer to a read must be, and so who may give it. */
public enum ReadLevel {
  /** All that was acknowledged before the read; the shard's leader answers. */
  LINEARIZABLE(io.flotilla.proto.kv.ReadLevel.LINEARIZABLE),
  /**
   * As new as that, of any replica: it asks its leader how far it has to be, and waits until it is.
   * Spares the leader the reading and the bytes, at the price of a question.
   */
  FOLLOWER(io.flotilla.proto.kv.ReadLevel.FOLLOWER),
  /**
   * All that this {@link FlotillaClient} has written or read before: its own writes are seen, and
   * what was seen once stays seen. Of any replica that is that far, which asks nobody.
   */
  SESSION(io.flotilla.proto.kv.ReadLevel.SESSION),
  /**
   * What was true at some moment, which the answer tells the age of and {@link
   * ReadOptions#staleWithin} can bound. Of any replica; without a bound also of one that nobody
   * reaches.
   */
  STALE(io.flotilla.proto.kv.ReadLevel.STALE);

  private final io.flotilla.proto.kv.ReadLevel onWire;

  ReadLevel(io.flotilla.proto.kv.ReadLevel onWire) {
    this.onWire = onWire;
  }

  io.flotilla.proto.kv.ReadLevel onWire() {
    return onWire;
  }
}
