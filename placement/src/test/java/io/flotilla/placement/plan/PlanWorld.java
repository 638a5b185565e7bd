package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A cluster on paper, in which jobs are done as soon as a test says so. */
final class PlanWorld {
  static final int KEYSPACE = Keyspace.DEFAULT.id();
  private static final int KEY_BYTES = 20;

  final TreeMap<Long, Revised<Node>> nodes = new TreeMap<>();
  final TreeMap<Long, Revised<Node>> removed = new TreeMap<>();
  final TreeMap<Long, Revised<Shard>> shards = new TreeMap<>();
  final TreeMap<Long, Job> jobs = new TreeMap<>();
  final TreeMap<Long, EndedJob> ended = new TreeMap<>();
  final Map<Long, LoadView.Health> health = new HashMap<>();
  final Map<Long, Long> leaders = new HashMap<>();
  final Map<Long, Long> bytes = new HashMap<>();
  final Map<Long, Heat> heats = new HashMap<>();
  final Set<Long> endedLately = new HashSet<>();
  final Set<Long> inVain = new HashSet<>();
  final Set<Long> lost = new HashSet<>();
  final Set<Long> stopped = new HashSet<>();
  Settings settings = Settings.INITIAL;
  Partitioning partitioning = Partitioning.RANGE;

  /** That its shards are to have; 0: nobody has said. */
  int replicas;

  boolean settled = true;
  Policy policy = Policy.DEFAULT.atOnce();
  private long nextReplica = 1;
  private long nextShard = 1;
  private long nextJob = 1;

  void node(long id, String zone) {
    node(id, zone, "");
  }

  /** Without the labels whose names are empty. */
  void node(long id, String zone, String rack) {
    TreeMap<String, String> labels = new TreeMap<>(Map.of(Node.ZONE, zone, Node.RACK, rack));
    labels.values().removeIf(String::isEmpty);
    nodes.put(id, new Revised<>(1, new Node(id, "h:" + (7000 + id), "i" + id, labels)));
    health.put(id, LoadView.Health.STEADY);
  }

  void nodes(int count) {
    for (long id = 1; id <= count; id++) {
      node(id, "");
    }
  }

  void drain(long id) {
    Node node = nodes.get(id).value();
    nodes.put(id, new Revised<>(2, node.in(Node.State.DRAINING)));
  }

  /** Led by the first. */
  long shard(long... on) {
    long id = nextShard++;
    List<Replica> replicas = new ArrayList<>();
    for (long node : on) {
      replicas.add(new Replica(node, nextReplica++, Replica.Role.VOTER));
    }
    shards.put(id, new Revised<>(1, shard(id, bound(id), bound(id + 1), Epoch.FIRST, replicas)));
    leaders.put(id, on[0]);
    return id;
  }

  private static Shard shard(
      long id, KeyBytes start, KeyBytes end, Epoch epoch, List<Replica> replicas) {
    return new Shard(id, KEYSPACE, new KeyRange(start, end), epoch, replicas, 0);
  }

  /** Three bytes, so that splits have room between them. */
  private static KeyBytes bound(long id) {
    return KeyBytes.of(new byte[] {0, 0, 0, 1, (byte) (id >> 8), (byte) id});
  }

  ClusterView view() {
    TreeMap<Integer, Revised<Keyspace>> keyspaces = new TreeMap<>();
    keyspaces.put(
        KEYSPACE, new Revised<>(1, new Keyspace(KEYSPACE, "default", partitioning, replicas)));
    return new ClusterView(
        "c",
        1,
        1,
        new FreshIds(999, nextShard, nextReplica, 3),
        nodes,
        removed,
        keyspaces,
        shards,
        new TreeMap<>(),
        jobs,
        ended,
        settings);
  }

  LoadView load() {
    return new LoadView(settled, health, leaders, bytes, heats, endedLately, inVain, lost, stopped);
  }

  List<Job> plan() {
    return Planner.plan(view(), load(), policy).jobs();
  }

  /** What is planned, one line for each job. */
  List<String> words() {
    return plan().stream().map(Job::words).toList();
  }

  static void assertSays(List<String> lines, String part) {
    assertThat(lines).anySatisfy(line -> assertThat(line).contains(part));
  }

  List<String> why(long shard) {
    try {
      return Why.shard(view(), load(), policy, shard).stream().map(Finding::text).toList();
    } catch (PlanRefusedException refused) {
      throw new AssertionError(refused);
    }
  }

  List<String> whyNode(long node) {
    try {
      return Why.node(view(), load(), policy, node).stream().map(Finding::text).toList();
    } catch (PlanRefusedException refused) {
      throw new AssertionError(refused);
    }
  }

  /** What somebody did by hand, or asked for, or what came of it. */
  void done(Job job) {
    long id = nextJob++;
    ended.put(id, new EndedJob(job.begun(id), new Ending(Ending.How.DONE, "done"), id));
    endedLately.add(id);
  }

  /** Begins jobs without doing them. */
  void begin(List<Job> planned) {
    for (Job job : planned) {
      jobs.put(job.shard(), job.begun(nextJob++));
      job.as(new Ids());
    }
  }

  /** Does jobs at once. */
  void carryOut(List<Job> planned) {
    for (Job job : planned) {
      if (job.id() == 0) {
        job.as(new Ids());
      }
      job.as(new Done());
      jobs.remove(job.shard());
    }
  }

  /** Plans and carries out until nothing is planned; how many jobs that took. */
  int settle(int roundsMax) {
    int done = 0;
    for (int round = 0; round < roundsMax; round++) {
      List<Job> planned = plan();
      if (planned.isEmpty()) {
        return done;
      }
      carryOut(planned);
      done += planned.size();
    }
    throw new AssertionError("still planning after " + roundsMax + " rounds: " + plan());
  }

  void giveUp(Job job, String why) {
    long id = nextJob++;
    ended.put(id, new EndedJob(job.begun(id), new Ending(Ending.How.GIVEN_UP, why), id));
    endedLately.add(id);
  }

  Map<Long, Integer> replicasByNode() {
    Map<Long, Integer> counts = new TreeMap<>();
    nodes.keySet().forEach(node -> counts.put(node, 0));
    shards
        .values()
        .forEach(
            shard ->
                shard
                    .value()
                    .replicas()
                    .forEach(replica -> counts.merge(replica.node(), 1, Integer::sum)));
    return counts;
  }

  Map<Long, Integer> leadersByNode() {
    Map<Long, Integer> counts = new TreeMap<>();
    nodes.keySet().forEach(node -> counts.put(node, 0));
    leaders.values().forEach(node -> counts.merge(node, 1, Integer::sum));
    return counts;
  }

  static int spread(Map<Long, Integer> counts) {
    return Collections.max(counts.values()) - Collections.min(counts.values());
  }

  /** Uses the ids that a job brings. */
  private final class Ids implements Job.Kinds<Boolean> {
    @Override
    public Boolean merge(Merge merge) {
      return true;
    }

    @Override
    public Boolean move(Move move) {
      return move.isLeavingOut() || use(List.of(move.to()));
    }

    @Override
    public Boolean recovery(Recovery recovery) {
      return true;
    }

    @Override
    public Boolean split(Split split) {
      if (split.newShard() < nextShard) {
        throw new AssertionError(split + " uses an id again");
      }
      nextShard = split.newShard() + 1;
      return use(split.newReplicas());
    }

    @Override
    public Boolean transfer(Transfer transfer) {
      return true;
    }

    private boolean use(List<Replica> replicas) {
      for (Replica replica : replicas) {
        if (replica.id() < nextReplica) {
          throw new AssertionError(replica + " uses an id again");
        }
        nextReplica = replica.id() + 1;
      }
      return true;
    }
  }

  private final class Done implements Job.Kinds<Boolean> {
    /** What the neighbour weighs then is what both weighed. */
    @Override
    public Boolean merge(Merge merge) {
      Shard gone = shards.remove(merge.shard()).value();
      Shard before = shards.get(merge.into()).value();
      boolean left = gone.range().end().equals(before.range().start());
      long version = Math.max(gone.epoch().version() + 1, before.epoch().version()) + 1;
      Shard after =
          shard(
              before.id(),
              left ? gone.range().start() : before.range().start(),
              left ? before.range().end() : gone.range().end(),
              new Epoch(version, before.epoch().confVersion()),
              before.replicas());
      shards.put(after.id(), new Revised<>(2, after));
      leaders.remove(gone.id());
      Long weight = bytes.remove(gone.id());
      bytes.computeIfPresent(after.id(), (id, bytes) -> bytes + (weight == null ? 0 : weight));
      return true;
    }

    @Override
    public Boolean move(Move move) {
      Shard before = shards.get(move.shard()).value();
      List<Replica> replicas = new ArrayList<>(before.replicas());
      if (move.isAddition()) {
        replicas.add(move.to());
      } else if (move.isLeavingOut()) {
        replicas.remove(move.to());
      } else {
        replicas.replaceAll(replica -> replica.id() == move.from() ? move.to() : replica);
      }
      Epoch epoch = new Epoch(before.epoch().version(), before.epoch().confVersion() + 3);
      Shard after =
          shard(before.id(), before.range().start(), before.range().end(), epoch, replicas);
      long left = before.replica(move.from()).map(Replica::node).orElse(Targets.NOWHERE);
      shards.put(after.id(), new Revised<>(2, after));
      leaders.computeIfPresent(
          after.id(),
          (id, leader) ->
              leader != left
                  ? leader
                  : replicas.stream()
                      .map(Replica::node)
                      .filter(node -> health.get(node).isAlive())
                      .findFirst()
                      .orElseThrow());
      return true;
    }

    @Override
    public Boolean recovery(Recovery recovery) {
      throw new AssertionError("nobody recovers a shard unasked: " + recovery);
    }

    @Override
    public Boolean split(Split split) {
      Shard before = shards.get(split.shard()).value();
      KeyBytes at = split.at().isEmpty() ? middle(before.range()) : split.at();
      Epoch epoch = new Epoch(before.epoch().version() + 1, before.epoch().confVersion());
      Shard left = shard(before.id(), before.range().start(), at, epoch, before.replicas());
      Shard right = shard(split.newShard(), at, before.range().end(), epoch, split.newReplicas());
      shards.put(left.id(), new Revised<>(2, left));
      shards.put(right.id(), new Revised<>(2, right));
      leaders.put(right.id(), leaders.get(left.id()));
      long half = bytes.getOrDefault(left.id(), 0L) / 2;
      bytes.put(left.id(), half);
      bytes.put(right.id(), half);
      heats.remove(left.id());
      return true;
    }

    private KeyBytes middle(KeyRange range) {
      BigInteger sum = number(range.start()).add(number(range.end()));
      byte[] half = sum.shiftRight(1).toByteArray();
      byte[] at = new byte[KEY_BYTES];
      System.arraycopy(half, 0, at, KEY_BYTES - half.length, half.length);
      return KeyBytes.of(at);
    }

    private BigInteger number(KeyBytes key) {
      return new BigInteger(1, Arrays.copyOf(key.toByteArray(), KEY_BYTES));
    }

    @Override
    public Boolean transfer(Transfer transfer) {
      leaders.put(transfer.shard(), transfer.to().node());
      return true;
    }
  }
}
