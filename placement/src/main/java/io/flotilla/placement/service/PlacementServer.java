package io.flotilla.placement.service;

import io.flotilla.placement.store.PlacementRound;
import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.placement.store.PlacementStore;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.files.FileSnapshotStore;
import io.flotilla.raft.net.NettySnapshotTransport;
import io.flotilla.raft.net.NettyTransport;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.raft.rocksdb.RocksLogStore;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.raft.runtime.RuntimeConfig;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import io.flotilla.raft.state.Generations;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of placement, from its data directory to its listener. It is its own node in a Raft
 * runtime of its own: member id, node id and replica id are one number, and the group is 0.
 */
public final class PlacementServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PlacementServer.class);
  private static final GroupId GROUP = new GroupId(0);
  private static final int NET_THREADS = 2;
  private static final int EXIT_STORAGE_FAILED = 70;

  private final PlacementConfig config;
  private final Closing closing;
  private final PlacementStore store;
  private final RaftRuntime<PlacementRound> runtime;
  private final RaftGroup group;
  private boolean closed;

  private PlacementServer(
      PlacementConfig config,
      Closing closing,
      PlacementStore store,
      RaftRuntime<PlacementRound> runtime,
      RaftGroup group) {
    this.config = config;
    this.closing = closing;
    this.store = store;
    this.runtime = runtime;
    this.group = group;
  }

  /**
   * Starts a member that ends the process when its disk fails. Blocks until it listens; it may then
   * still have no leader.
   *
   * @throws IOException if its directory or port cannot be used; the message says why
   */
  public static PlacementServer start(PlacementConfig config) throws IOException {
    return start(
        config,
        broken -> {
          log.error("placement member {} cannot go on", config.memberId(), broken);
          Runtime.getRuntime().halt(EXIT_STORAGE_FAILED);
        });
  }

  /**
   * Starts a member.
   *
   * @param fatal told, by any thread and perhaps more than once, when the disk failed or the log
   *     cannot be understood; it must end the process
   * @throws IOException if its directory or port cannot be used; the message says why
   */
  public static PlacementServer start(PlacementConfig config, Consumer<Throwable> fatal)
      throws IOException {
    return start(config, CoreConfig.DEFAULT, fatal);
  }

  static PlacementServer start(PlacementConfig config, CoreConfig core, Consumer<Throwable> fatal)
      throws IOException {
    Closing closing = new Closing();
    try {
      return start(config, core, fatal, closing);
    } catch (IOException | RuntimeException failed) {
      closing.closeAfter(failed);
      throw failed;
    }
  }

  private static PlacementServer start(
      PlacementConfig config, CoreConfig core, Consumer<Throwable> fatal, Closing closing)
      throws IOException {
    DataDirectory directory =
        closing.add(DataDirectory.open(config.dataDir(), config.cluster(), config.memberId()));
    PlacementStore store = new PlacementStore(directory.state());
    closing.add(store);
    RocksLogStore logs =
        closing.add(RocksLogStore.open(directory.log(), RocksLogConfig.DEFAULT, fatal));
    directory.noteLog(); // before anything is kept in it
    PlacementStateMachine map = open(store, generationIn(logs));
    checkCluster(config, map);

    Hello self = new Hello(config.cluster(), Hello.Role.PLACEMENT, config.memberId());
    NetThreads threads = closing.add(new NetThreads(NET_THREADS, "placement-net"));
    MemberBook book = new MemberBook(config.memberId(), config.members(), map::view);
    NettyTransport transport =
        new NettyTransport(threads, self, node -> book.addressOf(node.value()));
    RaftRuntime<PlacementRound> runtime =
        closing.add(
            new RaftRuntime<>(
                runtimeConfig(config, core),
                ports(logs, transport, store, snapshots(book, directory, self, closing), fatal)));
    closing.add(transport);
    runtime.start();
    RaftGroup group = open(config, runtime, map);
    PlacementService service =
        closing.add(
            new PlacementService(
                config.cluster(),
                book,
                config.policy(),
                group,
                map,
                System::nanoTime,
                Desk.newThread("placement-desk"),
                fatal));
    MemberExchange exchange =
        closing.add(new MemberExchange(book, group, new RpcClient(threads, self), fatal));
    RpcServer server = closing.add(new RpcServer(threads, self));
    transport.attach(server, runtime);
    NettySnapshotTransport.attach(server, runtime.snapshotServer());
    service.addTo(server);
    exchange.addTo(server);
    server.listen(config.bindHost(), config.bindPort());
    exchange.start(threads.loop());
    log.info(
        "placement member {} of cluster {} listens on {}:{}",
        config.memberId(),
        config.cluster(),
        config.bindHost(),
        config.bindPort());
    EvenNumber.note(config.policy().replicas(), "replicas")
        .ifPresent(note -> log.warn("placement.replicas: {}", note));
    return new PlacementServer(config, closing, store, runtime, group);
  }

  /** Of the state that counts: the log says which that is. */
  private static long generationIn(RocksLogStore logs) {
    LogStore.RecoveredLog log = logs.recovered().get(GROUP);
    return log == null ? Generations.INITIAL : log.generation();
  }

  private static RaftGroup open(
      PlacementConfig config, RaftRuntime<PlacementRound> runtime, PlacementStateMachine map)
      throws IOException {
    try {
      return runtime.open(groupSpec(config), map);
    } catch (ReplicaLostException lost) {
      throw new IOException(
          String.format(
              "member %d can take no part in placement any more, since what it promised may be"
                  + " lost: %s. The other members go on; replace it by a member with a new id and"
                  + " an empty directory",
              config.memberId(), lost.getMessage()),
          lost);
    }
  }

  /** Snapshots have a connection and a thread of their own: heartbeats do not wait for them. */
  private static SnapshotPorts snapshots(
      MemberBook book, DataDirectory directory, Hello self, Closing closing) throws IOException {
    NetThreads threads = closing.add(new NetThreads(1, "placement-snapshot-net"));
    NettySnapshotTransport transport =
        closing.add(
            new NettySnapshotTransport(threads, self, node -> book.addressOf(node.value())));
    return new SnapshotPorts(
        closing.add(FileSnapshotStore.open(directory.snapshots())),
        transport,
        SnapshotSendConfig.DEFAULT,
        SnapshotFetchConfig.DEFAULT,
        new SecureRandom());
  }

  /**
   * @param generation that the log names
   */
  private static PlacementStateMachine open(PlacementStore store, long generation)
      throws StorageException {
    store.deleteAllBut(generation);
    return new PlacementStateMachine(store, generation);
  }

  private static RuntimeConfig runtimeConfig(PlacementConfig config, CoreConfig core) {
    RuntimeConfig usual = RuntimeConfig.of(new NodeId(config.memberId()));
    return new RuntimeConfig(
        usual.self(), 1, 1, 1, usual.tick(), usual.gather(), core, usual.limits());
  }

  private static RuntimePorts<PlacementRound> ports(
      RocksLogStore logs,
      NettyTransport transport,
      PlacementStore store,
      SnapshotPorts snapshots,
      Consumer<Throwable> fatal) {
    return new RuntimePorts<>(
        logs,
        transport,
        store,
        snapshots,
        System::nanoTime,
        System::currentTimeMillis,
        (min, max) -> ThreadLocalRandom.current().nextInt(min, max + 1),
        new RaftLog(fatal),
        fatal);
  }

  private static GroupSpec groupSpec(PlacementConfig config) {
    return new GroupSpec(
        GROUP,
        new ReplicaId(config.memberId()),
        membership(config),
        Generations.INITIAL,
        !config.joins() && config.members().firstKey() == config.memberId());
  }

  /** What a new group begins with: one that joins another hears of it from its leader. */
  private static Membership membership(PlacementConfig config) {
    if (config.joins()) {
      return Membership.of(List.of());
    }
    List<Membership.Member> voters =
        config.members().keySet().stream()
            .map(id -> new Membership.Member(new ReplicaId(id), id))
            .toList();
    return Membership.of(voters);
  }

  private static void checkCluster(PlacementConfig config, PlacementStateMachine map)
      throws StorageException {
    String cluster = map.view().cluster();
    if (!cluster.isEmpty() && !cluster.equals(config.cluster())) {
      throw new StorageException(
          String.format(
              "the map in %s is that of cluster '%s', but this process is configured as '%s'",
              config.dataDir(), cluster, config.cluster()));
    }
  }

  /** Where this member is reached, as in its configuration. */
  public String address() {
    return Optional.ofNullable(config.members().get(config.memberId())).orElseThrow();
  }

  /** Whether this member leads, as far as it knows. */
  public boolean leads() {
    return group.status().role() == GroupStatus.RoleName.LEADER;
  }

  /**
   * Stops in order: hands its leadership over, if it has it, answers what is under way with errors,
   * keeps all, and frees its directory. Blocks; for another to lead no longer than an election
   * timeout. Again is no error. Not to be called by an event loop.
   */
  @Override
  public void close() throws IOException {
    if (!closed) {
      try {
        runtime.resign(); // first of all, while everything still works
      } finally {
        end();
      }
    }
  }

  /** Stops as a crash would: what the state had not flushed is lost, and must come from the log. */
  public void kill() throws IOException {
    if (!closed) {
      store.loseUnflushed();
      end();
    }
  }

  private void end() throws IOException {
    closed = true;
    closing.close();
  }
}
