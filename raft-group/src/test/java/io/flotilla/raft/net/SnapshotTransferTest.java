package io.flotilla.raft.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.files.FileSnapshotStore;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotTransport;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.FetchedSnapshot;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotFetcher;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import io.flotilla.raft.runtime.SnapshotSender;
import io.flotilla.raft.runtime.SnapshotSource;
import io.flotilla.rpc.ClientLimits;
import io.flotilla.rpc.ConnectionKind;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.LinkLimits;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.PeerClient;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots over real sockets and files; the parts are driven by the test's own thread. */
class SnapshotTransferTest {
  private static final GroupId GROUP = new GroupId(7);
  private static final ReplicaId SELF = new ReplicaId(2);
  private static final NodeId ONE = new NodeId(1);
  private static final SnapshotReply LOST = new SnapshotReply.Refused(Reason.LOST);
  private static final LinkLimits QUICK = new LinkLimits(2000, 5000, 1, 1, 10_000);
  private static final int PIECE = 1 << 16;
  private static final SnapshotFetchConfig FETCH =
      new SnapshotFetchConfig(
          2,
          100_000_000_000L,
          PIECE,
          4,
          Duration.ofSeconds(15),
          new SnapshotFetchConfig.Backoff(Duration.ofMillis(1), Duration.ofMillis(2), 10_000),
          1 << 30);

  /** Lets answers pass until it is told to hold them, and notes what was answered. */
  private static final class Gate implements SnapshotTransport.Server {
    private final SnapshotTransport.Server behind;
    private final List<SnapshotRequest> answered = new ArrayList<>();
    private int pass = Integer.MAX_VALUE;

    Gate(SnapshotTransport.Server behind) {
      this.behind = behind;
    }

    @Override
    public void serve(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {
      behind.serve(
          from,
          request,
          reply -> {
            boolean piece = reply instanceof SnapshotReply.Piece;
            if (!piece || answered.size() < pass) {
              answer.accept(reply);
            }
            if (piece && answered.size() < pass) {
              answered.add(request);
            }
          });
    }
  }

  private record Content(Map<String, byte[]> files) implements StateImage {
    @Override
    public long applied() {
      return 20;
    }

    @Override
    public long approximateBytes() {
      return files.values().stream().mapToLong(file -> file.length).sum();
    }

    @Override
    public List<SnapshotFile> writeTo(Path directory) throws StorageException, ImageException {
      List<SnapshotFile> written = new ArrayList<>();
      try {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
          Files.write(directory.resolve(file.getKey()), file.getValue());
          CRC32C crc = new CRC32C();
          crc.update(file.getValue());
          written.add(
              new SnapshotFile(file.getKey(), file.getValue().length, (int) crc.getValue()));
        }
      } catch (IOException e) {
        throw new ImageException("cannot write", e);
      }
      return written;
    }

    @Override
    public void close() {}
  }

  @TempDir Path dir;
  private final NetThreads threads = new NetThreads(2, "snapshot-test");
  private final Map<NodeId, String> addresses = new ConcurrentHashMap<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<FetchedSnapshot> fetched = new ArrayList<>();
  private final List<SnapshotFetcher> fetchers = new ArrayList<>();
  private final Map<String, byte[]> content = new LinkedHashMap<>();
  private SnapshotSender sender;
  private Gate gate;
  private RpcServer server;

  private static Hello node(long id) {
    return new Hello("test", Hello.Role.NODE, id);
  }

  @BeforeEach
  void serve() throws IOException {
    Random random = new Random(1);
    for (int size : new int[] {10 * PIECE + 1, 1, 0, 5 * PIECE}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      content.put("file-" + size, bytes);
    }
    Membership membership =
        Membership.of(List.of(new Membership.Member(new ReplicaId(1), ONE.value())));
    SnapshotSource source =
        group ->
            CompletableFuture.completedFuture(
                group.equals(GROUP)
                    ? Optional.of(
                        new SnapshotSource.Image(
                            new Content(content), 2, new Position(20, 2), membership))
                    : Optional.empty());
    sender =
        new SnapshotSender(
            source,
            FileSnapshotStore.open(dir.resolve("1")),
            SnapshotSendConfig.DEFAULT,
            System::nanoTime,
            new SplittableRandom(1));
    gate = new Gate(sender);
    listen();
  }

  private void listen() throws IOException {
    server = new RpcServer(threads, node(1));
    NettySnapshotTransport.attach(server, gate);
    addresses.put(ONE, "127.0.0.1:" + server.listen("127.0.0.1", 0));
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    server.close();
    threads.close();
  }

  private NettySnapshotTransport transport(Hello self) {
    NettySnapshotTransport transport =
        new NettySnapshotTransport(
            threads, self, node -> Optional.ofNullable(addresses.get(node)), QUICK);
    open.add(transport);
    return transport;
  }

  private SnapshotFetcher fetcher(long node) throws IOException {
    SnapshotFetcher fetcher =
        new SnapshotFetcher(
            transport(node(node)),
            FileSnapshotStore.open(dir.resolve(Long.toString(node))),
            fetched::add,
            FETCH,
            System::nanoTime,
            new SplittableRandom(node));
    fetchers.add(fetcher);
    return fetcher;
  }

  private void runUntil(BooleanSupplier done) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("patience").isNegative();
      int work = sender.turn() + sender.writer().turn();
      for (SnapshotFetcher fetcher : fetchers) {
        work += fetcher.turn();
      }
      if (work == 0) {
        Thread.onSpinWait();
      }
    }
  }

  private void assertIsContent(FetchedSnapshot snapshot) throws IOException {
    assertThat(snapshot.manifest().files()).hasSameSizeAs(content.keySet());
    for (Map.Entry<String, byte[]> file : content.entrySet()) {
      assertThat(Files.readAllBytes(snapshot.directory().resolve(file.getKey())))
          .isEqualTo(file.getValue());
    }
  }

  private int pieces() {
    return content.values().stream().mapToInt(c -> (c.length + PIECE - 1) / PIECE).sum();
  }

  @Test
  void twoNodesFetchOneSnapshot() throws IOException {
    fetcher(2).want(GROUP, SELF, ONE, 20);
    fetcher(3).want(GROUP, SELF, ONE, 20);
    runUntil(() -> fetched.size() == 2);
    assertIsContent(fetched.get(0));
    assertIsContent(fetched.get(1));
    assertThat(fetched.get(0).manifest()).isEqualTo(fetched.get(1).manifest());
    assertThat(gate.answered).hasSize(2 * pieces());
    Path in = fetched.get(0).directory().getParent();
    fetched.get(0).close();
    runUntil(() -> !Files.exists(fetched.get(0).directory()));
    assertThat(in).isEmptyDirectory();
  }

  @Test
  void afterACutNothingThatHadArrivedIsSentAgain() throws IOException {
    gate.pass = 7;
    fetcher(2).want(GROUP, SELF, ONE, 20);
    Path in = dir.resolve("2").resolve("in");
    runUntil(() -> gate.answered.size() == 7 && bytesBelow(in) == 7 * PIECE);
    List<SnapshotRequest> before = List.copyOf(gate.answered);
    server.close();
    gate.pass = Integer.MAX_VALUE;
    listen();
    runUntil(() -> !fetched.isEmpty());
    assertIsContent(fetched.get(0));
    List<SnapshotRequest> after = gate.answered.subList(7, gate.answered.size());
    assertThat(after).doesNotContainAnyElementsOf(before);
    assertThat(new HashSet<>(gate.answered)).hasSize(pieces());
  }

  /** Files are as long as their last piece reaches, and here pieces come in order. */
  private static long bytesBelow(Path directory) {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aSenderThatWasRestartedIsAskedForANewOne() throws IOException {
    gate.pass = 3;
    fetcher(2).want(GROUP, SELF, ONE, 20);
    runUntil(() -> gate.answered.size() == 3);
    server.close();
    sender.close();
    serve();
    runUntil(() -> !fetched.isEmpty());
    assertIsContent(fetched.get(0));
    assertThat(gate.answered).as("all of the new one").hasSize(pieces());
  }

  @Test
  void aGroupThatIsNotThereIsToldSo() throws IOException {
    NettySnapshotTransport two = transport(node(2));
    SnapshotRequest other = new SnapshotRequest.Describe(new GroupId(8), 1, 0);
    assertThat(ask(two, other))
        .isInstanceOfSatisfying(
            SnapshotReply.Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(Reason.NOT_READY);
              assertThat(refused.retryAfterMillis()).isPositive();
            });
    assertThat(ask(two, other)).isEqualTo(new SnapshotReply.Refused(Reason.NOT_HERE));
  }

  private SnapshotReply ask(NettySnapshotTransport transport, SnapshotRequest request)
      throws IOException {
    CompletableFuture<SnapshotReply> answer = new CompletableFuture<>();
    transport.ask(ONE, request, answer::complete);
    runUntil(answer::isDone);
    return answer.join();
  }

  @Test
  void whoIsNotMeantIsLost() throws IOException {
    SnapshotRequest release = new SnapshotRequest.Release(3);
    assertThat(ask(transport(node(2)), release)).isEqualTo(new SnapshotReply.Released());
    Hello foreign = new Hello("other", Hello.Role.NODE, 2);
    assertThat(ask(transport(foreign), release)).isEqualTo(LOST);
    Hello placement = new Hello("test", Hello.Role.PLACEMENT, 2);
    assertThat(ask(transport(placement), release)).isEqualTo(LOST);
    assertThat(ask(transport(node(1)), release)).as("oneself").isEqualTo(LOST);
    NettySnapshotTransport closed = transport(node(2));
    closed.close();
    assertThat(ask(closed, release)).isEqualTo(LOST);
    NodeId four = new NodeId(4); // is said to be where node 1 is
    addresses.put(four, addresses.get(ONE));
    CompletableFuture<SnapshotReply> answer = new CompletableFuture<>();
    transport(node(2)).ask(four, release, answer::complete);
    assertThat(answer.orTimeout(30, TimeUnit.SECONDS).join()).isEqualTo(LOST);
  }

  @Test
  void clientsCannotAskForSnapshots() {
    try (RpcClient client = new RpcClient(threads, new Hello("test", Hello.Role.CLIENT, 0))) {
      var call =
          client.call(
              addresses.getOrDefault(ONE, ""),
              RpcMethods.SNAPSHOT,
              SnapshotCodec.message(new SnapshotRequest.Release(3)),
              Duration.ofSeconds(30));
      assertThat(failure(call).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    }
  }

  @Test
  void anAbsurdRequestIsRefusedAndTheConnectionGoesOn() {
    try (PeerClient peer =
        new PeerClient(
            threads,
            node(2),
            ConnectionKind.SNAPSHOT,
            1,
            () -> Optional.ofNullable(addresses.get(ONE)),
            new ClientLimits(1, 10, 1000, QUICK))) {
      var absurd = io.flotilla.proto.snapshot.SnapshotRequest.getDefaultInstance();
      for (int i = 0; i < 2; i++) {
        var call = peer.call(RpcMethods.SNAPSHOT, absurd, Duration.ofSeconds(30));
        assertThat(failure(call).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      }
    }
  }

  private static RpcException failure(CompletableFuture<?> call) {
    try {
      throw new AssertionError("answered with " + call.orTimeout(30, TimeUnit.SECONDS).join());
    } catch (CompletionException e) {
      assertThat(e.getCause()).isInstanceOf(RpcException.class);
      return (RpcException) e.getCause();
    }
  }
}
