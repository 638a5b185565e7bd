package io.flotilla.router.client;

import java.util.OptionalLong;

/**
 * A decision of placement about one shard, or two, that is being carried out.
 *
 * @param id 0 if it was only planned
 * @param from the replica that leaves, if one does
 * @param to the replica that comes, that is to lead, or that goes on alone
 * @param toNode where that is
 * @param newShard what its right part becomes, if it is split
 * @param into the neighbour that is to absorb the shard, if one is
 * @param reason who wanted it, or which rule; may be empty
 */
public record Job(
    long id,
    Kind kind,
    long shard,
    OptionalLong from,
    OptionalLong to,
    OptionalLong toNode,
    OptionalLong newShard,
    OptionalLong into,
    String reason) {
  /** What is done with the shard. */
  public enum Kind {
    /** A replica is replaced by one on another node, or, if none leaves, one is added. */
    MOVE,
    /** It is split in two. */
    SPLIT,
    /** It is absorbed by its neighbour. */
    MERGE,
    /** Another replica is to lead. */
    TRANSFER,
    /** Its majority is lost for good; it goes on with one replica. */
    RECOVERY,
    /** Something that only a newer client knows. */
    OTHER
  }

  /** How a job ended. */
  public enum End {
    DONE,
    CANCELLED,
    GIVEN_UP
  }

  /** A job that is over; placement remembers the newest of them. */
  public record Ended(Job job, End end, String why) {}

  /**
   * A job, and what it costs.
   *
   * @param approximateBytes that travel between nodes for it
   */
  public record Planned(Job job, long approximateBytes) {}

  /** Whether it is a job of this shard, by whichever side. */
  public boolean concerns(long aShard) {
    return shard == aShard || into.orElse(0) == aShard;
  }

  /** What it does: {@code replica 97 on node 4 replaces replica 11}. */
  public String words() {
    return switch (kind) {
      case MOVE ->
          "replica %d on node %d ".formatted(to.orElse(0), toNode.orElse(0))
              + (from.isPresent() ? "replaces replica " + from.getAsLong() : "is added");
      case SPLIT -> "is split; the right part becomes shard %d".formatted(newShard.orElse(0));
      case MERGE -> "is merged into its neighbour, shard %d".formatted(into.orElse(0));
      case TRANSFER -> "replica %d on node %d is to lead".formatted(to.orElse(0), toNode.orElse(0));
      case RECOVERY ->
          "replica %d on node %d goes on alone".formatted(to.orElse(0), toNode.orElse(0));
      case OTHER -> "something that this client does not know";
    };
  }
}
