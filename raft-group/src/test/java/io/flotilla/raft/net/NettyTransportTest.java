package io.flotilla.raft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.Messages;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import io.flotilla.raft.port.TransportContract;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class NettyTransportTest extends TransportContract {
  private final NetThreads threads = new NetThreads(2, "transport-test");
  private final Map<NodeId, String> addresses = new ConcurrentHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  /** One node: a listener and a transport. */
  private final class Node implements Place {
    final NettyTransport transport;
    final Queue<RaftParcel> received = newQueue();
    private RpcServer server;

    Node(Hello self, int port, Transport.Receiver receiver) throws IOException {
      transport =
          new NettyTransport(threads, self, node -> Optional.ofNullable(addresses.get(node)));
      listen(self, port, receiver);
      nodes.add(this);
    }

    Node(Hello self) throws IOException {
      transport =
          new NettyTransport(threads, self, node -> Optional.ofNullable(addresses.get(node)));
      listen(self, 0, received::addAll);
      nodes.add(this);
    }

    int listen(Hello self, int port, Transport.Receiver receiver) throws IOException {
      server = new RpcServer(threads, self);
      transport.attach(server, receiver);
      int bound = server.listen("127.0.0.1", port);
      addresses.put(new NodeId(self.node()), "127.0.0.1:" + bound);
      return bound;
    }

    @Override
    public Transport transport() {
      return transport;
    }

    @Override
    public Queue<RaftParcel> received() {
      return received;
    }

    @Override
    public void close() {
      transport.close();
      server.close();
    }
  }

  private static Hello hello(long node) {
    return new Hello("test", Hello.Role.NODE, node);
  }

  @Override
  protected Place open(NodeId node) throws IOException {
    return new Node(hello(node.value()));
  }

  @Override
  protected void closeAll() {
    nodes.forEach(Node::close);
    threads.close();
  }

  @Override
  protected void until(BooleanSupplier done) {
    await().until(done::getAsBoolean);
  }

  @Test
  void aRestartedNodeIsReachedAgainAlsoElsewhere() throws IOException {
    Node one = new Node(hello(1));
    Node two = new Node(hello(2));
    connect(one, two, 1, 2);
    for (int i = 0; i < 3; i++) {
      two.server.close();
      two.listen(hello(2), 0, two.received::addAll);
      connect(one, two, 1, 2);
    }
  }

  @Test
  void foreignClustersOtherRolesAndOtherNodesAreRefused() throws IOException {
    Node foreign = new Node(new Hello("other", Hello.Role.NODE, 1));
    Node placement = new Node(new Hello("test", Hello.Role.PLACEMENT, 3));
    Node two = new Node(hello(2));
    Node one = new Node(hello(1));
    // Node 4 is said to be where node 2 is.
    addresses.put(new NodeId(4), addresses.get(new NodeId(2)));
    RaftMessage message = new RaftMessage.TimeoutNow(9);
    await()
        .until(
            () -> {
              foreign.transport().send(List.of(Messages.parcel(1, 2, 1, message)));
              placement.transport().send(List.of(Messages.parcel(3, 2, 1, message)));
              one.transport().send(List.of(Messages.parcel(1, 4, 1, message)));
              return foreign.transport.droppedParcels() > 2
                  && placement.transport.droppedParcels() > 2
                  && one.transport.droppedParcels() > 2;
            });
    connect(one, two, 1, 2);
    assertThat(two.received).noneMatch(parcel -> parcel.message().equals(message));
  }

  @Test
  void largeAppendsArriveInFramesOfTheirOwnAndTooLargeOnesAreDropped() throws IOException {
    Node one = new Node(hello(1));
    Node two = new Node(hello(2));
    connect(one, two, 1, 2);
    List<RaftParcel> sent = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sent.add(Messages.parcel(1, 2, i, append(4 * 1024 * 1024)));
    }
    int most = one.transport.commandBytesMax();
    one.transport.send(List.of(Messages.parcel(1, 2, 9, append(most + 1))));
    assertThat(one.transport.droppedParcels()).isPositive();
    one.transport.send(sent);
    await()
        .untilAsserted(
            () ->
                assertThat(appendBytes(two.received))
                    .containsExactly(4 * 1024 * 1024, 4 * 1024 * 1024, 4 * 1024 * 1024));
    one.transport.send(List.of(Messages.parcel(1, 2, 3, append(most))));
    await().untilAsserted(() -> assertThat(appendBytes(two.received)).endsWith(most));
  }

  private static List<Integer> appendBytes(Iterable<RaftParcel> parcels) {
    List<Integer> bytes = new ArrayList<>();
    for (RaftParcel parcel : parcels) {
      if (parcel.message() instanceof RaftMessage.AppendRequest append) {
        append.entries().forEach(entry -> bytes.add(entry.payload().length));
      }
    }
    return bytes;
  }

  private static RaftMessage append(int bytes) {
    Entry entry = new Entry(1, 1, Entry.Kind.COMMAND, new byte[bytes]);
    return new RaftMessage.AppendRequest(1, Position.ZERO, 0, 0, List.of(entry));
  }

  @Test
  void livenessIsNotHeldUpByBulkAndBulkIsBounded() throws IOException {
    Node one = new Node(hello(1));
    Node two = new Node(hello(2));
    connect(one, two, 1, 2);
    RaftParcel bulk = Messages.parcel(1, 2, 1, append(1024 * 1024));
    for (int i = 0; i < 200; i++) {
      one.transport.send(List.of(bulk));
    }
    // 200 MiB at once are more than may wait.
    assertThat(one.transport.droppedParcels()).isPositive();
    one.transport.send(List.of(Messages.parcel(1, 2, 2, new RaftMessage.TimeoutNow(5))));
    await()
        .until(
            () ->
                two.received.stream()
                    .anyMatch(parcel -> parcel.message().equals(new RaftMessage.TimeoutNow(5))));
  }

  @Test
  void twoNodesExchangeManySmallAppends() throws IOException {
    int window = 256;
    int total = 200_000;
    AtomicInteger answered = new AtomicInteger();
    AtomicLong started = new AtomicLong();
    Node[] pair = new Node[2];
    RaftMessage reply =
        new RaftMessage.AppendReply(1, 1, Optional.empty(), 0, new RaftMessage.Progress(1, 1, 0));
    RaftMessage append = append(128);
    pair[0] =
        new Node(
            hello(1),
            0,
            parcels -> {
              List<RaftParcel> more = new ArrayList<>();
              for (RaftParcel parcel : parcels) {
                answered.incrementAndGet();
                if (started.getAndIncrement() < total) {
                  more.add(Messages.parcel(1, 2, parcel.group().value(), append));
                }
              }
              pair[0].transport.send(more);
            });
    pair[1] =
        new Node(
            hello(2),
            0,
            parcels -> {
              List<RaftParcel> replies = new ArrayList<>();
              for (RaftParcel parcel : parcels) {
                replies.add(Messages.parcel(2, 1, parcel.group().value(), reply));
              }
              pair[1].transport.send(replies);
            });
    List<RaftParcel> first = new ArrayList<>();
    for (int group = 0; group < window; group++) {
      first.add(Messages.parcel(1, 2, group, append));
    }
    started.addAndGet(window);
    long begin = System.nanoTime();
    pair[0].transport.send(first);
    await().atMost(Duration.ofSeconds(60)).until(() -> answered.get() >= total);
    double micros = (System.nanoTime() - begin) / 1_000.0 / total;
    assertThat(micros).as("microseconds for an append and its reply").isLessThan(200);
  }
}
