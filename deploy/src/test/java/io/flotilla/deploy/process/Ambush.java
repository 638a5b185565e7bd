package io.flotilla.deploy.process;

import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Operator.Work;
import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Waits for one job until it is in the middle, where anybody can see that: in the status, or in the
 * log of the node that carries it out. Lest it be over within milliseconds, the processes that it
 * waits for there are stopped (SIGSTOP) from when it is taken until {@link #close}.
 */
final class Ambush implements AutoCloseable {
  /** Less than the five seconds after which a node is silent, and merges with it are given up. */
  private static final Duration HELD_MAX = Duration.ofMillis(4500);

  private static final Duration LOOK_EVERY = Duration.ofMillis(10);

  /**
   * A job in the middle.
   *
   * @param leader of its shard
   */
  record Met(Job job, long leaderNode, Member leader, String step) {
    @Override
    public String toString() {
      return "job %d, shard %d %s: %s".formatted(job.id(), job.shard(), job.words(), step);
    }
  }

  /** What was seen of the jobs at one moment. */
  private record Sight(Optional<Met> met, boolean over) {}

  private final RunningCluster cluster;
  private final FlotillaClient client;
  private final Operator operator;
  private final Work work;
  private final long newest;
  private final List<Member> held = new ArrayList<>();

  /** Before the work has begun; no job is under way. */
  Ambush(RunningCluster cluster, FlotillaClient client, Operator operator, Work work) {
    this.cluster = cluster;
    this.client = client;
    this.operator = operator;
    this.work = work;
    this.newest = Operator.newestJob(operator.status());
  }

  /**
   * Returns when the job of this work is in the middle, and held there.
   *
   * @param shard that is worked on; of a drain, any may be the first
   * @return nothing if it is over, or does not get there in time
   */
  Optional<Met> meet(ClusterStatus.Shard shard) throws Exception {
    Optional<Job> job = awaitJob(shard);
    if (job.isEmpty()) {
      return Optional.empty();
    }
    Optional<ClusterStatus.Shard> before = find(job.get().shard(), operator.status());
    OptionalLong leader = before.map(ClusterStatus.Shard::leaderNode).orElse(OptionalLong.empty());
    if (leader.isEmpty()) {
      return Optional.empty();
    }
    for (long node : waitedFor(job.get(), before.orElseThrow(), leader.getAsLong())) {
      Member member = cluster.node(client, node);
      cluster.pause(member);
      held.add(member);
    }
    try {
      return await()
          .pollDelay(Duration.ZERO)
          .pollInterval(LOOK_EVERY)
          .atMost(HELD_MAX)
          .until(
              () -> look(job.get(), leader.getAsLong()),
              sight -> sight.over() || sight.met().isPresent())
          .met();
    } catch (ConditionTimeoutException never) {
      return Optional.empty();
    }
  }

  /** The same job, if it is in the middle still. */
  Optional<Met> again(Met met) {
    return look(met.job(), met.leaderNode()).met();
  }

  private Optional<Job> awaitJob(ClusterStatus.Shard shard) {
    try {
      return await()
          .pollDelay(Duration.ZERO)
          .pollInterval(LOOK_EVERY)
          .atMost(HELD_MAX)
          .until(() -> job(shard, operator.status()), Optional::isPresent);
    } catch (ConditionTimeoutException never) {
      return Optional.empty();
    }
  }

  private Optional<Job> job(ClusterStatus.Shard shard, ClusterStatus now) {
    return now.jobs().stream()
        .filter(job -> job.id() > newest && job.kind() == Operator.kind(work))
        .filter(job -> work == Work.DRAIN ? empties(job, now) : job.shard() == shard.id())
        .findFirst();
  }

  /** Whether it takes a replica away from a node that drains. */
  private static boolean empties(Job job, ClusterStatus now) {
    return find(job.shard(), now).stream()
        .flatMap(shard -> shard.replicas().stream())
        .filter(replica -> replica.id() == job.from().orElse(0))
        .flatMap(replica -> now.nodes().stream().filter(node -> node.id() == replica.node()))
        .anyMatch(ClusterStatus.Node::draining);
  }

  /** Nodes without which the job does not get past the step at which it is to be met. */
  private List<Long> waitedFor(Job job, ClusterStatus.Shard shard, long leader) {
    List<Long> followers =
        shard.replicas().stream()
            .map(ClusterStatus.Replica::node)
            .filter(node -> node != leader)
            .toList();
    return switch (work) {
      case MOVE, DRAIN, TRANSFER -> List.of(job.toNode().orElseThrow()); // who has to catch up
      case MERGE -> followers.subList(0, 1); // all bring the freeze to their disks
      case SPLIT -> followers; // a majority has to have the entry
    };
  }

  private Sight look(Job job, long leaderBefore) {
    ClusterStatus now = operator.status();
    Optional<ClusterStatus.Shard> shard = find(job.shard(), now);
    boolean underWay = now.jobs().stream().anyMatch(each -> each.id() == job.id());
    if (!underWay || shard.isEmpty()) {
      return new Sight(Optional.empty(), true);
    }
    long leader = shard.get().leaderNode().orElse(leaderBefore);
    Member member = cluster.node(client, leader);
    return new Sight(
        step(job, shard.get(), member).map(step -> new Met(job, leader, member, step)), false);
  }

  private Optional<String> step(Job job, ClusterStatus.Shard shard, Member leader) {
    return switch (work) {
      case MOVE, DRAIN ->
          shard.replicas().stream()
              .filter(replica -> replica.id() == job.to().orElse(0))
              .findFirst()
              .map(replica -> replica.learner() ? "it learns" : "the group is taking it in");
      case MERGE ->
          shard.frozen().map(frozen -> "frozen, " + (frozen.settled() ? "" : "not ") + "settled");
      case SPLIT, TRANSFER ->
          Optional.of(leader.name() + " has begun with it").filter(said -> hasBegun(job, leader));
    };
  }

  /** As the node says that carries it out, when it has its orders. */
  private static boolean hasBegun(Job job, Member leader) {
    try {
      Pattern begins = Pattern.compile("job %d\\b.* begins".formatted(job.id()));
      return Files.readAllLines(leader.log()).stream().anyMatch(begins.asPredicate());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<ClusterStatus.Shard> find(long id, ClusterStatus now) {
    return now.shards().stream().filter(shard -> shard.id() == id).findFirst();
  }

  /** Has those go on who were stopped. */
  @Override
  public void close() throws Exception {
    while (!held.isEmpty()) {
      cluster.resume(held.remove(held.size() - 1));
    }
  }
}
