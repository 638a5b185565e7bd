package io.flotilla.raft.runtime;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.raft.rocksdb.RocksLogStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One node of a test cluster: a runtime on a real log store. Node n holds replica n of each group.
 */
final class TestNode implements AutoCloseable {
  static final RuntimeLimits LIMITS = RuntimeLimits.DEFAULT;

  final NodeId id;
  final RaftRuntime<Journal.Round> runtime;
  final Map<GroupId, Journal> journals = new TreeMap<>();
  final AtomicReference<Throwable> fatal = new AtomicReference<>();
  private final LogStore log;

  TestNode(long id, Path dir, Loopback network, RuntimeLimits limits, RaftListener listener)
      throws StorageException {
    this(
        id,
        RocksLogStore.open(dir.resolve("node-" + id), RocksLogConfig.DEFAULT, TestNode::unexpected),
        network,
        limits,
        listener);
  }

  TestNode(long id, LogStore log, Loopback network, RuntimeLimits limits, RaftListener listener) {
    this.id = new NodeId(id);
    this.log = log;
    RuntimeConfig config =
        new RuntimeConfig(
            this.id,
            2,
            2,
            2,
            Duration.ofMillis(20),
            RuntimeConfig.GATHER,
            CoreConfig.DEFAULT,
            limits);
    this.runtime =
        new RaftRuntime<>(
            config,
            new RuntimePorts<>(
                log,
                network.transport(this.id),
                new Journal.Store(),
                NoSnapshots.ports(),
                System::nanoTime,
                System::currentTimeMillis,
                (min, max) -> ThreadLocalRandom.current().nextInt(min, max + 1),
                listener,
                failure -> fatal.compareAndSet(null, failure)));
    runtime.start();
    network.connect(this.id, runtime);
  }

  private static void unexpected(Throwable failure) {
    throw new AssertionError(failure);
  }

  RaftGroup open(long group, int replicas, boolean campaignFirst) throws StorageException {
    return open(group, id.value(), replicas, campaignFirst);
  }

  /** A replica of a group whose first members were 1 to {@code replicas}. */
  RaftGroup open(long group, long self, int replicas, boolean campaignFirst)
      throws StorageException {
    List<Membership.Member> members = new ArrayList<>();
    for (long replica = 1; replica <= replicas; replica++) {
      members.add(new Membership.Member(new ReplicaId(replica), replica));
    }
    GroupId groupId = new GroupId(group);
    Journal journal = new Journal();
    RaftGroup opened =
        runtime.open(
            new GroupSpec(groupId, new ReplicaId(self), Membership.of(members), 0, campaignFirst),
            journal);
    journals.put(groupId, journal);
    return opened;
  }

  RaftGroup group(long group) {
    return runtime.group(new GroupId(group)).orElseThrow();
  }

  Journal journal(long group) {
    return journals.get(new GroupId(group));
  }

  CompletableFuture<byte[]> propose(long group, String command) {
    return group(group).propose(command.getBytes(StandardCharsets.UTF_8));
  }

  /** Ends the threads where they are, and then lets go of the log. */
  @Override
  public void close() throws StorageException {
    runtime.close();
    log.close();
    if (fatal.get() != null) {
      throw new AssertionError(fatal.get());
    }
  }
}
