package io.flotilla.router.cli;

import io.flotilla.router.client.Losses;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lost shards as JSON shows them. */
record LossView(List<Shard> lost, List<String> obstacles) {
  /**
   * One that could go on.
   *
   * @param survivor id of the replica with which it would
   */
  record Shard(long shard, long survivor, List<Replica> replicas) {}

  /** What is left of a replica; positions are null if it has said nothing. */
  record Replica(
      long replica,
      long node,
      String fate,
      @Nullable Long lastTerm,
      @Nullable Long lastIndex,
      @Nullable Long applied) {}

  static LossView of(Losses losses) {
    return new LossView(
        losses.shards().stream()
            .map(
                lost ->
                    new Shard(
                        lost.shard(),
                        lost.survivor(),
                        lost.replicas().stream().map(LossView::of).toList()))
            .toList(),
        losses.obstacles());
  }

  private static Replica of(Losses.Replica replica) {
    return new Replica(
        replica.id(),
        replica.node(),
        JobView.lower(replica.fate()),
        replica.log().map(Losses.Log::lastTerm).orElse(null),
        replica.log().map(Losses.Log::lastIndex).orElse(null),
        replica.log().map(Losses.Log::applied).orElse(null));
  }
}
