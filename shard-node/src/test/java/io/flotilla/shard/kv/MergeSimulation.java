package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.NodeUnderTest.command;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ImageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Shards that are split and merged, on three nodes that apply the same logs each at its own pace,
 * crash, and are caught up by images; all of it drawn from a seed. A fourth node, the truth,
 * applies every entry at once and answers the clients: each other replica has to be what the truth
 * was at the same index. What the truth does is judged by the clients, see {@link MergeClients}.
 * The orders are those of a placement that knows reports only: a merge may be given up at any step,
 * and old orders come again.
 */
final class MergeSimulation implements AutoCloseable {
  private static final int NODES = 3;
  private static final int SHARDS_MAX = 6;

  private final Random random;
  private final Map<Long, List<Entry>> logs = new TreeMap<>();
  private final NodeUnderTest truth;
  private final List<NodeUnderTest> nodes = new ArrayList<>();
  private final Map<Long, Map<Long, String>> digests = new HashMap<>();
  private final List<Job> jobs = new ArrayList<>();
  private final MergeClients clients;
  private long nextId = 100;
  int merges;
  int takenBack;
  int crashes;
  int images;

  /** One merge, until the source is dissolved everywhere or serves again. */
  private static final class Job {
    final long source;
    final long target;
    final AbsorbEntry absorb;
    Shard united = Shard.getDefaultInstance();
    boolean givenUp;

    Job(Shard frozen, Shard target) {
      this.source = frozen.getId();
      this.target = target.getId();
      this.absorb = TwoShards.absorbing(target, frozen);
    }

    boolean isAbsorbed() {
      return united.getId() != 0;
    }
  }

  MergeSimulation(long seed, Path directory) throws Exception {
    this.random = new Random(seed);
    this.truth = new NodeUnderTest(directory.resolve("truth"), logs);
    Shard left = TwoShards.LEFT_SHARD;
    Shard right = TwoShards.RIGHT_SHARD;
    truth.create(left, right);
    for (int i = 0; i < NODES; i++) {
      NodeUnderTest node = new NodeUnderTest(directory.resolve("node" + i), logs);
      nodes.add(node);
      node.create(left, right);
    }
    remember(left.getId());
    remember(right.getId());
    this.clients = new MergeClients(this, random);
  }

  // ---- what clients see

  /** The map: all that was not absorbed, frozen or not. */
  List<Shard> map() {
    List<Shard> map = new ArrayList<>();
    for (long shard : logs.keySet()) {
      if (truth.has(shard)) {
        map.add(truth.shard(shard));
      }
    }
    return map;
  }

  boolean isInMap(long shard) {
    return truth.has(shard);
  }

  /** Commits an entry. */
  byte[] commit(long shard, byte[] command) throws Exception {
    byte[] result = truth.apply(shard, command);
    remember(shard);
    return result;
  }

  private void remember(long shard) throws Exception {
    digests
        .computeIfAbsent(shard, id -> new HashMap<>())
        .put(truth.machine(shard).appliedIndex(), truth.dump(shard).toString());
  }

  // ---- steps

  void run(int steps) throws Exception {
    for (int i = 0; i < steps; i++) {
      int drawn = random.nextInt(100);
      if (drawn < 40) {
        clients.step();
      } else if (drawn < 70) {
        nodeStep(nodes.get(random.nextInt(NODES)));
      } else {
        placementStep();
      }
    }
    heal();
  }

  private void nodeStep(NodeUnderTest node) throws Exception {
    List<Long> here = node.shards();
    long shard = here.get(random.nextInt(here.size()));
    int drawn = random.nextInt(100);
    if (drawn < 70) {
      node.catchUp(shard, 1 + random.nextInt(20));
    } else if (drawn < 80) {
      node.store.flush();
    } else if (drawn < 90) {
      crash(node);
    } else if (drawn < 97) {
      joinAll(node, free());
    } else if (isSettled(shard)) {
      takeImage(node, shard);
    }
    if (node.has(shard)) {
      compare(node, shard);
    }
  }

  private void crash(NodeUnderTest node) throws Exception {
    if (random.nextInt(4) == 0) {
      node.restart();
    } else {
      node.crash();
      crashes++;
    }
    for (long shard : node.shards()) {
      compare(node, shard);
    }
  }

  /** Who was cut off while the replica here went on from an image is not here by itself. */
  private void joinAll(NodeUnderTest node, List<Shard> map) throws Exception {
    for (Shard shard : map) {
      if (!node.has(shard.getId())) {
        node.join(shard, truth.machine(shard.getId()));
        images++;
      }
    }
  }

  /** A replica that has left may come again only where nobody needs what it leaves. */
  private void takeImage(NodeUnderTest node, long shard) throws Exception {
    if (random.nextBoolean()) {
      Shard descriptor = node.shard(shard);
      node.dissolve(shard);
      node.join(descriptor, truth.machine(shard));
      images++;
    } else if (node.left(shard) > 0) {
      install(node, shard);
    }
  }

  private boolean isSettled(long shard) {
    return truth.has(shard)
        && jobs.stream().noneMatch(job -> job.source == shard || job.target == shard);
  }

  private void install(NodeUnderTest node, long shard) throws Exception {
    node.install(shard, truth.machine(shard));
    images++;
  }

  /** From who has absorbed it, of what changes no more: refused where all of it is. */
  private void offerImageOfTheFrozen(Job job) throws Exception {
    NodeUnderTest from = nodes.get(random.nextInt(NODES));
    NodeUnderTest to = nodes.get(random.nextInt(NODES));
    if (from != to && from.has(job.source) && to.has(job.source) && from.left(job.source) == 0) {
      try {
        to.install(job.source, from.machine(job.source));
        throw new AssertionError("an image of a frozen shard took the place of that shard");
      } catch (ImageException expected) {
        if (!expected.getMessage().contains("frozen")) {
          throw expected;
        }
      }
    }
  }

  private void placementStep() throws Exception {
    if (!jobs.isEmpty() && random.nextInt(10) < 7) {
      advance(jobs.get(random.nextInt(jobs.size())));
    } else if (random.nextBoolean()) {
      split();
    } else {
      beginMerge();
    }
  }

  private List<Shard> free() {
    return map().stream().filter(shard -> isSettled(shard.getId())).toList();
  }

  private void split() throws Exception {
    List<Shard> free = free();
    if (free.isEmpty() || map().size() >= SHARDS_MAX) {
      return;
    }
    Shard shard = free.get(random.nextInt(free.size()));
    ByteString at = ShardUnderTest.key(String.valueOf((char) ('b' + random.nextInt(23))));
    long child = nextId++;
    SplitEntry.Builder entry =
        SplitEntry.newBuilder().setExpected(shard.getEpoch()).setAt(at).setNewShard(child);
    for (Replica replica : shard.getReplicasList()) {
      entry.addNewReplicas(replica.toBuilder().setReplica(nextId++));
    }
    if (Split.refusal(shard, entry.build()).isEmpty()) {
      commit(shard.getId(), command(entry.build()).toByteArray());
      remember(child);
    }
  }

  private void beginMerge() throws Exception {
    List<Shard> free = free();
    for (Shard source : free) {
      for (Shard target : free) {
        boolean touch =
            source.getStart().equals(target.getEnd()) || source.getEnd().equals(target.getStart());
        if (touch && random.nextInt(3) == 0) {
          byte[] freeze = command(TwoShards.freezing(source, target)).toByteArray();
          ChangeReply reply = ChangeReply.parseFrom(commit(source.getId(), freeze));
          expect(reply.getRefusal().isEmpty(), "not frozen: " + reply);
          jobs.add(new Job(reply.getShard(), target));
          return;
        }
      }
    }
  }

  private void advance(Job job) throws Exception {
    if (job.isAbsorbed()) {
      if (random.nextInt(3) == 0) {
        offerImageOfTheFrozen(job);
      }
      dissolve(job);
    } else if (job.givenUp) {
      thaw(job);
    } else if (random.nextInt(20) == 0) {
      FenceEntry fence = FenceEntry.newBuilder().setExpected(job.absorb.getExpected()).build();
      expect(change(job.target, command(fence).toByteArray()), "not fenced");
      job.givenUp = true;
    } else if (!isDurableEverywhere(job)) {
      hurry(job.source);
    } else {
      expect(change(job.target, command(job.absorb).toByteArray()), "not absorbed");
      job.united = truth.shard(job.target);
      truth.store.flush();
      truth.dissolve(job.source);
      merges++;
    }
  }

  /** On one node, since somebody waits for it. */
  private void hurry(long shard) throws Exception {
    NodeUnderTest node = nodes.get(random.nextInt(NODES));
    if (node.has(shard)) {
      node.catchUp(shard);
      node.store.flush();
    }
  }

  /** As the source's leader tells it, of the replicas that it was frozen with. */
  private boolean isDurableEverywhere(Job job) throws Exception {
    for (NodeUnderTest node : nodes) {
      if (!node.has(job.source)
          || node.machine(job.source).durableIndex()
              < job.absorb.getSource().getFrozen().getIndex()) {
        return false;
      }
    }
    return true;
  }

  private boolean change(long shard, byte[] command) throws Exception {
    return ChangeReply.parseFrom(commit(shard, command)).getRefusal().isEmpty();
  }

  /** Once the target is past the epoch; an old order to absorb comes too late, and too early. */
  private void thaw(Job job) throws Exception {
    if (random.nextBoolean()) {
      expect(!change(job.target, command(job.absorb).toByteArray()), "absorbed after the fence");
      return;
    }
    ThawEntry thaw = ThawEntry.newBuilder().setExpected(job.absorb.getSource().getEpoch()).build();
    expect(change(job.source, command(thaw).toByteArray()), "not thawed");
    jobs.remove(job);
    takenBack++;
  }

  /** Where the target has durably absorbed it. */
  private void dissolve(Job job) throws Exception {
    boolean everywhere = true;
    for (NodeUnderTest node : nodes) {
      if (node.has(job.source)) {
        if (node.has(job.target) && hasDurablyAbsorbed(node, job)) {
          node.dissolve(job.source);
        } else {
          everywhere = false;
        }
      }
    }
    if (everywhere) {
      jobs.remove(job);
    } else {
      hurry(job.target);
    }
  }

  private static boolean hasDurablyAbsorbed(NodeUnderTest node, Job job) throws Exception {
    Shard durable = node.machine(job.target).durableShard().orElseThrow();
    return durable.getEpoch().getVersion() >= job.united.getEpoch().getVersion();
  }

  // ---- judgement

  private static void expect(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  /** What was absorbed somewhere is not the source's any more. */
  private void compare(NodeUnderTest node, long shard) throws Exception {
    if (truth.has(shard)) {
      long applied = node.machine(shard).appliedIndex();
      String expected = digests.get(shard).get(applied);
      String found = node.dump(shard).toString();
      expect(
          found.equals(expected),
          "shard %d at %d is not what it was: %s, but %s"
              .formatted(shard, applied, expected, found));
    }
  }

  private void heal() throws Exception {
    while (!jobs.isEmpty()) {
      for (NodeUnderTest node : nodes) {
        node.catchUpAll();
        joinAll(node, map());
        node.store.flush();
      }
      advance(jobs.get(0));
    }
    clients.finish();
    clients.judge(truth);
    for (NodeUnderTest node : nodes) {
      node.catchUpAll();
      joinAll(node, map());
      node.store.sweep();
      List<Shard> map = map();
      expect(node.shards().size() == map.size(), "shards that are no more: " + node.shards());
      for (Shard shard : map) {
        expect(node.shard(shard.getId()).equals(shard), "another shard than " + shard);
        compare(node, shard.getId());
      }
      node.checkNothingElseIsThere();
      clients.judge(node);
      node.crash();
      node.catchUpAll();
      node.checkNothingElseIsThere();
      clients.judge(node);
    }
  }

  @Override
  public void close() throws Exception {
    truth.close();
    for (NodeUnderTest node : nodes) {
      node.close();
    }
  }
}
