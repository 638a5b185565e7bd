package io.flotilla.placement.service;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.MessageLite;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicReference;

/** Members of placement on loopback, and a caller that finds their leader. */
final class Members implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Set<ErrorCode> ELSEWHERE =
      EnumSet.of(
          ErrorCode.NOT_LEADER,
          ErrorCode.UNAVAILABLE,
          ErrorCode.UNKNOWN_OUTCOME,
          ErrorCode.OVERLOADED);

  final TreeMap<Long, String> addresses = new TreeMap<>();
  private final TreeMap<Long, String> initial = new TreeMap<>();
  final Queue<Throwable> broken = new ConcurrentLinkedQueue<>();
  final NetThreads threads = new NetThreads(1, "test-client");
  final RpcClient client = new RpcClient(threads, new Hello("test", Hello.Role.CLIENT, 0));
  private final Path root;
  private final PlacementPolicy policy;
  private final CoreConfig core;
  private final Map<Long, PlacementServer> running = new ConcurrentSkipListMap<>();

  Members(Path root, int count, PlacementPolicy policy) throws IOException {
    this(root, count, policy, CoreConfig.DEFAULT);
  }

  Members(Path root, int count, PlacementPolicy policy, CoreConfig core) throws IOException {
    this.root = root;
    this.policy = policy;
    this.core = core;
    List<ServerSocket> held = new ArrayList<>();
    for (long id = 1; id <= count; id++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      addresses.put(id, "127.0.0.1:" + socket.getLocalPort());
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    initial.putAll(addresses);
  }

  /** An address for one more, which callers ask as well. */
  String allot(long id) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      addresses.put(id, "127.0.0.1:" + socket.getLocalPort());
    }
    return addresses.get(id);
  }

  /** Starts one that was added: it is told of all that there are now. */
  PlacementServer join(long id) throws IOException {
    PlacementConfig config = config(id);
    PlacementServer server =
        PlacementServer.start(
            new PlacementConfig(
                config.cluster(),
                id,
                true,
                addresses,
                config.bindHost(),
                config.bindPort(),
                config.dataDir(),
                policy),
            core,
            broken::add);
    running.put(id, server);
    return server;
  }

  /** One that is there from the start knows those that were. */
  PlacementConfig config(long id) {
    TreeMap<Long, String> known = new TreeMap<>(initial);
    known.put(id, addresses.get(id));
    String address = addresses.get(id);
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    return new PlacementConfig(
        "test", id, known, "127.0.0.1", port, root.resolve("member-" + id), policy);
  }

  PlacementServer start(long id) throws IOException {
    PlacementServer server = PlacementServer.start(config(id), core, broken::add);
    running.put(id, server);
    return server;
  }

  void startAll() throws IOException {
    for (long id : addresses.keySet()) {
      start(id);
    }
  }

  void kill(long id) throws IOException {
    Optional.ofNullable(running.remove(id)).orElseThrow().kill();
  }

  void stop(long id) throws IOException {
    Optional.ofNullable(running.remove(id)).orElseThrow().close();
    addresses.remove(id);
  }

  void killAll() throws IOException {
    for (long id : List.copyOf(running.keySet())) {
      kill(id);
    }
  }

  long awaitLeader() {
    await().atMost(PATIENCE).until(() -> leader().isPresent());
    return leader().orElseThrow();
  }

  Optional<Long> leader() {
    return running.entrySet().stream()
        .filter(member -> member.getValue().leads())
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Asks one member after the other until one answers; other errors are the caller's. */
  <Q extends MessageLite, R extends MessageLite> R call(RpcMethod<Q, R> method, Q request) {
    AtomicReference<Optional<R>> answer = new AtomicReference<>(Optional.empty());
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              answer.set(firstAnswer(method, request));
              return answer.get().isPresent();
            });
    return answer.get().orElseThrow();
  }

  private <Q extends MessageLite, R extends MessageLite> Optional<R> firstAnswer(
      RpcMethod<Q, R> method, Q request) {
    for (String address : addresses.values()) {
      try {
        return Optional.of(client.call(address, method, request, CALL).join());
      } catch (CompletionException failed) {
        RpcException error = (RpcException) failed.getCause();
        if (!ELSEWHERE.contains(error.code())) {
          throw error;
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    client.close();
    for (PlacementServer server : running.values()) {
      server.close();
    }
    threads.close();
  }
}
