package io.flotilla.placement.plan;

import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A shard whose majority is lost for good.
 *
 * @param shard by the newest descriptor that is known: the map's, or that of a replica that the map
 *     names
 * @param replicas all that its descriptor names, in its order
 * @param survivor of these, the one that is to go on
 */
public record Loss(Shard shard, List<Standing> replicas, Standing survivor) {
  public Loss {
    replicas = List.copyOf(replicas);
  }

  /** What is left of a replica. */
  public enum Fate {
    /** Its node is dead. */
    DEAD,
    ALIVE,
    /** Its node is there and has not said that it holds it. */
    MISSING,
    /** Its node is there and says that it takes no part any more. */
    LOST
  }

  /** How far a replica's log goes, as it said last. */
  public record Reach(long lastTerm, long lastIndex, long applied, Epoch epoch) {
    /** As Raft compares logs (§5.4.1): the term of the last entry first, then the length. */
    static final Comparator<Reach> BY_LOG =
        Comparator.comparingLong(Reach::lastTerm).thenComparingLong(Reach::lastIndex);
  }

  /**
   * What a node has said last of a replica.
   *
   * @param reach nothing if it could not be read
   * @param lost whether it takes no part any more
   * @param leaderless its own descriptor, if it hears nobody lead; it may be newer than the map's
   * @param ahead the last membership in its log, committed or not, if it hears nobody lead; empty
   *     if that is what its descriptor says
   */
  public record Told(
      Optional<Reach> reach, boolean lost, Optional<Shard> leaderless, List<Replica> ahead) {
    public Told {
      ahead = List.copyOf(ahead);
    }
  }

  /** A replica, and what is known of it. */
  public record Standing(Replica replica, Fate fate, Optional<Reach> reach) {}
}
