package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which shards have lost their majority for good, and with which replica each is to go on: the one
 * with the furthest log, so that all that is left anywhere is kept. As long as anybody may come
 * back who has a vote, nothing is lost for good. Pure.
 *
 * <p>A group may have changed last without a leader left to tell the map. What any replica has
 * applied was committed, so the newest descriptor counts, whoever says it; but only of a replica
 * that the map names: one that an earlier recovery has left out may have come further in a past
 * that is given up.
 */
public final class LossPlanner {
  private static final String ASKED_FOR = "its majority is lost for good, somebody said";

  private final ClusterView view;
  private final LoadView load;
  private final Reports reports;

  /** What nodes have said of their replicas. */
  @FunctionalInterface
  public interface Reports {
    /** Nothing if the node has not said anything of this replica. */
    Optional<Loss.Told> of(Replica replica, long shard);
  }

  /**
   * @param losses that could be recovered
   * @param obstacles why others that have no majority cannot, in words
   */
  public record Findings(List<Loss> losses, List<String> obstacles) {}

  public LossPlanner(ClusterView view, LoadView load, Reports reports) {
    this.view = view;
    this.load = load;
    this.reports = reports;
  }

  /**
   * Looks at all shards. Those that have a majority are not mentioned.
   *
   * @throws PlanRefusedException if it is too early to tell
   */
  public Findings all() throws PlanRefusedException {
    checkSettled();
    List<Loss> losses = new ArrayList<>();
    List<String> obstacles = new ArrayList<>();
    for (Revised<Shard> each : view.shards().values()) {
      Shard shard = newest(each.value());
      if (!mayElect(shard)) {
        try {
          losses.add(of(shard));
        } catch (PlanRefusedException why) {
          obstacles.add(String.valueOf(why.getMessage()));
        }
      }
    }
    return new Findings(losses, obstacles);
  }

  /**
   * @throws PlanRefusedException if the shard is not lost for good, as far as is known now
   */
  public Loss of(long shardId) throws PlanRefusedException {
    checkSettled();
    Shard shard =
        view.shard(shardId)
            .orElseThrow(() -> PlanRefusedException.notFound(WishPlanner.noShard(shardId, view)));
    return of(newest(shard));
  }

  /**
   * Plans to recover a shard.
   *
   * @param survivor id of the replica that somebody has agreed to
   * @return a recovery with id 0; or the one under way, if that is what is wished for
   * @throws PlanRefusedException if it is not lost, or another replica should go on by now
   */
  public Recovery recovery(long shardId, long survivor) throws PlanRefusedException {
    if (view.jobOf(shardId).orElse(null) instanceof Recovery underWay
        && underWay.survivor().id() == survivor) {
      return underWay;
    }
    Loss loss = of(shardId);
    Replica chosen = loss.survivor().replica();
    if (chosen.id() != survivor) {
      throw new PlanRefusedException(
          String.format(
              "shard %d would go on with replica %d on node %d by now, not with replica %d; look"
                  + " again",
              shardId, chosen.id(), chosen.node(), survivor));
    }
    long lastTerm = loss.survivor().reach().orElseThrow().lastTerm();
    return new Recovery(0, shardId, loss.shard().epoch(), chosen, lastTerm, ASKED_FOR);
  }

  private void checkSettled() throws PlanRefusedException {
    if (!load.settled()) {
      throw new PlanRefusedException(
          PlanRefusedException.Kind.TOO_EARLY,
          "placement's leader is new and has not heard from everybody yet; try again in some"
              + " seconds");
    }
  }

  /** By the map, or by what a replica that it names knows better. */
  private Shard newest(Shard known) {
    return known.replicas().stream()
        .filter(this::isAlive)
        .flatMap(replica -> reports.of(replica, known.id()).stream())
        .flatMap(told -> told.leaderless().stream())
        .reduce(known, (a, b) -> b.epoch().isNewerThan(a.epoch()) ? b : a);
  }

  private Loss of(Shard shard) throws PlanRefusedException {
    Optional<String> obstacle = obstacle(shard);
    if (obstacle.isPresent()) {
      throw new PlanRefusedException("shard " + shard.id() + " " + obstacle.get());
    }
    List<Loss.Standing> standings =
        shard.replicas().stream().map(replica -> standing(replica, shard)).toList();
    return new Loss(shard, standings, survivor(shard, standings));
  }

  /** What forbids it, before anybody's log counts. The subject of the sentence is the shard. */
  private Optional<String> obstacle(Shard shard) {
    Optional<Long> leader = load.leaderOf(shard.id());
    if (leader.isPresent()) {
      return Optional.of("has a leader, on node " + leader.get() + "; nothing is to be recovered");
    }
    if (mayElect(shard)) {
      return Optional.of(
          String.format(
              "has its majority: of %d voters, %d are on nodes that are heard; they elect a leader",
              shard.replicas().stream().filter(Replica::decides).count(),
              shard.replicas().stream()
                  .filter(replica -> replica.decides() && holds(replica, shard))
                  .count()));
    }
    return mayStillAppear(shard)
        .or(() -> mayComeBack(shard))
        .map(why -> "is not lost for good: " + why)
        .or(() -> job(shard));
  }

  /** Who is about to be opened has a vote soon. */
  private Optional<String> mayStillAppear(Shard shard) {
    if (views(shard)
        .noneMatch(
            view ->
                view.hasMajority(
                    replica -> isAlive(replica) && fate(replica, shard) != Loss.Fate.LOST))) {
      return Optional.empty();
    }
    return voters(shard)
        .filter(replica -> fate(replica, shard) == Loss.Fate.MISSING)
        .findFirst()
        .map(replica -> "node " + replica.node() + " has not said yet what it holds");
  }

  private Optional<String> mayComeBack(Shard shard) {
    return voters(shard).map(Replica::node).flatMap(node -> mayComeBack(node).stream()).findFirst();
  }

  private Optional<String> job(Shard shard) {
    return view.jobOf(shard.id())
        .filter(job -> job instanceof Merge || job instanceof Recovery)
        .map(Job::isInTheWay)
        .map(why -> "has to wait: " + why);
  }

  private Optional<String> mayComeBack(long node) {
    return switch (load.of(node)) {
      case STEADY, FRESH -> Optional.empty();
      case DEAD -> Optional.empty();
      case SILENT ->
          isGone(node)
              ? Optional.empty()
              : Optional.of("node " + node + " is silent, but not judged dead yet");
      case UNREACHABLE ->
          Optional.of(
              "node " + node + " is not heard by placement, but by other nodes: it is not dead");
    };
  }

  /** Removed for good: it never comes back. */
  private boolean isGone(long node) {
    return view.node(node).isEmpty() && view.removed().containsKey(node);
  }

  private Loss.Standing standing(Replica replica, Shard shard) {
    return new Loss.Standing(replica, fate(replica, shard), reach(replica, shard));
  }

  private Loss.Fate fate(Replica replica, Shard shard) {
    if (!isAlive(replica)) {
      return Loss.Fate.DEAD;
    }
    return reports
        .of(replica, shard.id())
        .map(told -> told.lost() ? Loss.Fate.LOST : Loss.Fate.ALIVE)
        .orElse(Loss.Fate.MISSING);
  }

  /** Whether it can vote. */
  private boolean holds(Replica replica, Shard shard) {
    return fate(replica, shard) == Loss.Fate.ALIVE;
  }

  /**
   * A learner is none: what it lacks nobody knows, and it has no vote to give itself. Nor is who
   * was cut off elsewhere and waits for an image: it has nothing, and was only told what it will
   * be.
   */
  private Loss.Standing survivor(Shard shard, List<Loss.Standing> standings)
      throws PlanRefusedException {
    Loss.Standing furthest =
        standings.stream()
            .filter(each -> each.fate() == Loss.Fate.ALIVE && decides(each.replica(), shard))
            .filter(each -> each.reach().orElseThrow().applied() > 0)
            .max(
                Comparator.comparing(
                        (Loss.Standing each) -> each.reach().orElseThrow(), Loss.Reach.BY_LOG)
                    .thenComparing(each -> each.replica().id(), Comparator.reverseOrder()))
            .orElseThrow(
                () ->
                    new PlanRefusedException(
                        "shard "
                            + shard.id()
                            + " cannot be recovered: no replica that has a vote is left, on "
                            + nodes(standings)));
    long version = versionIn(furthest.reach().orElseThrow(), standings);
    if (version < shard.epoch().version()) {
      throw new PlanRefusedException(
          String.format(
              "shard %d cannot be recovered: what is left of it, on node %d, is of before its last"
                  + " split or merge (version %d, not %d), and would serve keys of another shard",
              shard.id(), furthest.replica().node(), version, shard.epoch().version()));
    }
    return furthest;
  }

  /**
   * Also one that is in its log and that only another, who is no further, has applied yet; but not
   * one that another was only told, as who waits for an image is.
   */
  private static long versionIn(Loss.Reach log, List<Loss.Standing> standings) {
    return standings.stream()
        .filter(each -> each.fate() == Loss.Fate.ALIVE)
        .map(each -> each.reach().orElseThrow())
        .filter(each -> each.applied() > 0 && Loss.Reach.BY_LOG.compare(each, log) <= 0)
        .mapToLong(each -> each.epoch().version())
        .max()
        .orElseThrow();
  }

  private static String nodes(List<Loss.Standing> standings) {
    return standings.stream()
        .map(each -> "node " + each.replica().node())
        .collect(Collectors.joining(", "));
  }

  /** All that have a vote, as far as anybody who is left knows. */
  private Stream<Replica> voters(Shard shard) {
    return views(shard).flatMap(view -> view.replicas().stream()).filter(Replica::decides);
  }

  /** The shard by its descriptor, and by the log of each that is left. */
  private Stream<Shard> views(Shard shard) {
    return Stream.concat(
        Stream.of(shard),
        shard.replicas().stream()
            .filter(replica -> holds(replica, shard))
            .map(replica -> seenBy(replica, shard)));
  }

  /** With the members that count for this one: the last in its log, committed or not (§6). */
  private Shard seenBy(Replica replica, Shard shard) {
    return reports
        .of(replica, shard.id())
        .map(Loss.Told::ahead)
        .filter(ahead -> !ahead.isEmpty())
        .map(ahead -> withMembers(shard, ahead))
        .orElse(shard);
  }

  private static Shard withMembers(Shard shard, List<Replica> members) {
    return new Shard(
        shard.id(), shard.keyspace(), shard.range(), shard.epoch(), members, 0, shard.frozen());
  }

  /**
   * Whether any that is left can win an election, by the members that its own log names and against
   * those whose logs are further (§5.4.1). A majority may be left of the members that are agreed
   * on, and none of the next, which the furthest log already has.
   */
  private boolean mayElect(Shard shard) {
    return shard.replicas().stream()
        .filter(replica -> holds(replica, shard))
        .anyMatch(candidate -> hasVotes(candidate, shard));
  }

  private boolean hasVotes(Replica candidate, Shard shard) {
    Optional<Loss.Reach> reach = reach(candidate, shard);
    Shard seen = seenBy(candidate, shard);
    return decides(candidate, shard)
        && reach.isPresent()
        && seen.hasMajority(
            voter ->
                holds(voter, shard)
                    && reach(voter, shard)
                        .filter(its -> Loss.Reach.BY_LOG.compare(its, reach.get()) <= 0)
                        .isPresent());
  }

  private boolean decides(Replica replica, Shard shard) {
    return seenBy(replica, shard).replica(replica.id()).filter(Replica::decides).isPresent();
  }

  private Optional<Loss.Reach> reach(Replica replica, Shard shard) {
    return reports.of(replica, shard.id()).flatMap(Loss.Told::reach);
  }

  private boolean isAlive(Replica replica) {
    return load.of(replica.node()).isAlive();
  }
}
