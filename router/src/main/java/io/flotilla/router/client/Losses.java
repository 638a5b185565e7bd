package io.flotilla.router.client;

import java.util.List;
import java.util.Optional;

/**
 * Shards whose majority is lost for good.
 *
 * @param shards that could go on with what is left of them
 * @param obstacles why others that have no majority cannot, or not yet, for people
 */
public record Losses(List<LostShard> shards, List<String> obstacles) {
  public Losses {
    shards = List.copyOf(shards);
    obstacles = List.copyOf(obstacles);
  }

  /**
   * One that could go on.
   *
   * @param survivor id of the replica with which it would
   */
  public record LostShard(long shard, List<Replica> replicas, long survivor) {
    public LostShard {
      replicas = List.copyOf(replicas);
    }

    /** The replica with which it would go on. */
    public Replica surviving() {
      return replicas.stream().filter(each -> each.id() == survivor).findFirst().orElseThrow();
    }
  }

  /** What is left of a replica. */
  public enum Fate {
    /** Its node is judged dead. */
    DEAD,
    ALIVE,
    /** Its node is there and has not said that it holds it. */
    MISSING,
    /** Its node is there and says that it takes no part any more. */
    LOST,
    /** Something that only a newer client knows. */
    UNKNOWN
  }

  /** How far a log goes: of two, the one of the later term is further, then the longer one. */
  public record Log(long lastTerm, long lastIndex, long applied) {}

  /**
   * One replica of a lost shard.
   *
   * @param log as it said last; nothing if it has said nothing to this leader of placement
   */
  public record Replica(long id, long node, Fate fate, Optional<Log> log) {}
}
