package io.flotilla.placement.plan;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Shard;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A shard as a plan sees it. */
final class Piece {
  final Shard shard;
  final Optional<Long> leader;
  final long bytes;
  private @Nullable Job job;
  private @Nullable Piece companion;

  /**
   * @param job under way
   */
  Piece(Shard shard, Optional<Long> leader, long bytes, @Nullable Job job) {
    this.shard = shard;
    this.leader = leader;
    this.bytes = bytes;
    this.job = job;
  }

  long id() {
    return shard.id();
  }

  int keyspace() {
    return shard.keyspace();
  }

  /** Under way, or planned. */
  Optional<Job> job() {
    return Optional.ofNullable(job);
  }

  /** Whether it will be no more. */
  boolean isAbsorbed() {
    return job instanceof Merge && job.shard() == id();
  }

  void take(Job planned) {
    job = planned;
  }

  /** With which it is to be merged, when they are on the same nodes. */
  Optional<Piece> companion() {
    return Optional.ofNullable(companion);
  }

  void keepFor(Piece other) {
    companion = other;
  }

  boolean isOn(long node) {
    return shard.replicaOn(node).isPresent();
  }
}
