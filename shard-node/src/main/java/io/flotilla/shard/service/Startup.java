package io.flotilla.shard.service;

import com.codahale.metrics.MetricRegistry;
import io.flotilla.proto.placement.PingReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.raft.files.FileSnapshotStore;
import io.flotilla.raft.net.NettySnapshotTransport;
import io.flotilla.raft.net.NettyTransport;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.RocksLogStore;
import io.flotilla.raft.runtime.RaftMetrics;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.report.PlacementLink;
import io.flotilla.shard.service.ShardNode.Phase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a {@link ShardNode} comes up, once. What it opens, it leaves in {@code parts}. */
final class Startup {
  private static final Logger LOG = LoggerFactory.getLogger(Startup.class);

  private final ShardNodeConfig config;
  private final Consumer<Throwable> fatal;
  private final Consumer<String> removed;
  private final LongSupplier wallMillis;
  private final Parts parts;
  private final NodeTable nodes = new NodeTable();
  private final MetricRegistry registry = new MetricRegistry();
  private final RaftMetrics metrics = new RaftMetrics(registry);
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.UP);

  Startup(
      ShardNodeConfig config,
      Consumer<Throwable> fatal,
      Consumer<String> removed,
      LongSupplier wallMillis,
      Parts parts) {
    this.config = config;
    this.fatal = fatal;
    this.removed = removed;
    this.wallMillis = wallMillis;
    this.parts = parts;
  }

  ShardNode run() throws IOException {
    DataDirectory directory =
        parts.add(
            DataDirectory.open(config.directory(), config.cluster(), UUID.randomUUID().toString()));
    directory.nodes().forEach(nodes::put);
    NetThreads threads = parts.add(new NetThreads(config.listen().networkThreads(), "node-net"));
    RpcClient client = parts.add(new RpcClient(threads, hello(directory)));
    PlacementLink link =
        parts.add(new PlacementLink(client, config.placement(), this::failed, this::removed));
    int port = config.listen().port();
    if (directory.identity().node() == 0) {
      port = port == 0 ? freePort() : port;
      directory.adoptNode(firstId(link, directory, port));
    }
    long node = directory.identity().node();

    RpcServer server = new RpcServer(threads, hello(directory));
    KvStore states = KvStore.open(directory.state(), config.state());
    parts.add(() -> end(states));
    RaftRuntime<KvRound> runtime = runtime(directory, threads, server, states, link);
    ShardHost host = new ShardHost(node, states, runtime::open, link::run, this::failed);
    host.onChange(link::reportSoon);
    host.recover(runtime.recovered());
    String address = serve(server, host, directory, port);
    parts.add(link); // ends first, since it opens shards
    announce(link, directory, address);
    link.follow(node, host, nodes, table -> keep(table, directory));
    parts.add(() -> resign(runtime)); // first of all, while everything still works
    LOG.info("node {} of cluster {} serves at {}", node, config.cluster(), address);
    return new ShardNode(node, address, host, parts, phase);
  }

  private void resign(RaftRuntime<KvRound> runtime) {
    if (phase.get() != Phase.DYING) {
      runtime.resign();
    }
  }

  /** Snapshots have a connection and a thread of their own: heartbeats do not wait for them. */
  private SnapshotPorts snapshots(DataDirectory directory) throws IOException {
    NetThreads threads = parts.add(new NetThreads(1, "node-snapshot-net"));
    NettySnapshotTransport transport =
        parts.add(
            new NettySnapshotTransport(threads, hello(directory), id -> nodes.address(id.value())));
    return new SnapshotPorts(
        parts.add(FileSnapshotStore.open(directory.snapshots())),
        transport,
        SnapshotSendConfig.DEFAULT,
        SnapshotFetchConfig.DEFAULT,
        new SecureRandom());
  }

  private RaftRuntime<KvRound> runtime(
      DataDirectory directory,
      NetThreads threads,
      RpcServer server,
      KvStore states,
      PlacementLink link)
      throws IOException {
    LogStore log =
        parts.add(RocksLogStore.open(directory.log(), config.raft().log(), metrics, this::failed));
    directory.noteLog(); // before anything is kept in it
    NettyTransport transport =
        parts.add(new NettyTransport(threads, hello(directory), id -> nodes.address(id.value())));
    RuntimePorts<KvRound> ports =
        new RuntimePorts<>(
            log,
            transport,
            states,
            snapshots(directory),
            System::nanoTime,
            wallMillis,
            (min, max) -> ThreadLocalRandom.current().nextInt(min, max + 1),
            new LeaderNews(link).and(metrics),
            this::failed);
    RaftRuntime<KvRound> runtime =
        parts.add(
            new RaftRuntime<>(config.raft().of(new NodeId(directory.identity().node())), ports));
    metrics.watch(runtime, log);
    transport.attach(server, runtime);
    NettySnapshotTransport.attach(server, runtime.snapshotServer());
    runtime.start();
    return runtime;
  }

  private String serve(RpcServer server, ShardHost host, DataDirectory directory, int port)
      throws IOException {
    ServiceConfig service = config.service();
    ReadPool pool = parts.add(new ReadPool(service.readThreads(), service.readsQueuedMax()));
    parts.add(server);
    new KvService(host, nodes, pool, service, Clocks.of(wallMillis), this::failed).handleOn(server);
    new MetricsService(registry).handleOn(server);
    PingReply present = PingReply.newBuilder().setNode(directory.identity().node()).build();
    server.handle(RpcMethods.PING, call -> call.reply(present));
    return advertised(listen(server, port));
  }

  private int listen(RpcServer server, int port) throws IOException {
    String bound = config.listen().host();
    try {
      return server.listen(bound, port);
    } catch (IOException e) {
      if (config.listen().port() != 0) {
        throw e;
      }
      LOG.info("port {} was free and is taken by now; taking another", port, e);
      return server.listen(bound, 0);
    }
  }

  private String advertised(int port) {
    return config.listen().advertised().orElse(config.listen().host() + ":" + port);
  }

  /**
   * Says where this node is now, which may be elsewhere than before. That it was removed, the
   * answer to its first report says as well.
   */
  private void announce(PlacementLink link, DataDirectory directory, String address) {
    var unused =
        link.register(request(directory, address))
            .whenComplete(
                (node, refusal) -> {
                  if (refusal != null) {
                    LOG.error("placement refuses this node", refusal);
                  }
                });
  }

  private long firstId(PlacementLink link, DataDirectory directory, int port) throws IOException {
    LOG.info("{} is new; waiting for placement at {}", config.directory(), config.placement());
    try {
      return link.register(request(directory, advertised(port)))
          .get(config.listen().firstRegistration().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException(
          "no member of placement at "
              + config.placement()
              + " has registered this new node within "
              + config.listen().firstRegistration().toSeconds()
              + " s",
          e);
    } catch (ExecutionException e) {
      throw new IOException("placement refuses this new node: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for placement", e);
    }
  }

  private RegisterNodeRequest request(DataDirectory directory, String address) {
    return RegisterNodeRequest.newBuilder()
        .setIncarnation(directory.identity().incarnation())
        .setAddress(address)
        .putAllLabels(config.labels())
        .setNode(directory.identity().node())
        .build();
  }

  /** A new node tells its address before it can listen, since peers are to find its id there. */
  private int freePort() throws IOException {
    try (ServerSocket free =
        new ServerSocket(0, 1, InetAddress.getByName(config.listen().host()))) {
      return free.getLocalPort();
    }
  }

  private Hello hello(DataDirectory directory) {
    return new Hello(config.cluster(), Hello.Role.NODE, directory.identity().node());
  }

  private void keep(NodeTable table, DataDirectory directory) {
    try {
      directory.keepNodes(table.all());
    } catch (StorageException e) {
      failed(e);
    }
  }

  private void end(KvStore states) throws StorageException {
    if (phase.get() == Phase.DYING) {
      states.kill();
    } else {
      states.close();
    }
  }

  private void removed(String why) {
    if (phase.get() == Phase.UP) {
      removed.accept(why);
    }
  }

  private void failed(Throwable cause) {
    if (phase.get() == Phase.UP) {
      fatal.accept(cause);
    } else {
      LOG.warn("failed while closing", cause);
    }
  }
}
