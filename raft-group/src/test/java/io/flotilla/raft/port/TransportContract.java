package io.flotilla.raft.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Transport} owes its users. Since any of them may lose messages, the tests send
 * again until all has arrived; since any may repeat and reorder them, no test counts, or looks at
 * the order. A maker's test extends this and says how to open one.
 */
@Timeout(60) // seconds: what blocks for ever fails
public abstract class TransportContract {
  private static final int LONG_COMMAND = 2 << 20;

  /** A node with a transport, and all that arrived there. */
  protected interface Place {
    Transport transport();

    Queue<RaftParcel> received();

    /** Ends its transport. */
    void close();
  }

  /** A place for a node from 1 to 3, which can reach all other places. */
  protected abstract Place open(NodeId node) throws IOException;

  protected abstract void closeAll();

  /** Lets time pass until this holds, and fails if it does not for long. */
  protected abstract void until(BooleanSupplier done);

  @AfterEach
  void close() {
    closeAll();
  }

  protected static Queue<RaftParcel> newQueue() {
    return new ConcurrentLinkedQueue<>();
  }

  private static Set<String> texts(Iterable<RaftParcel> parcels) {
    Set<String> texts = new HashSet<>();
    parcels.forEach(
        parcel ->
            texts.add(
                "%s to %s in %s: %s"
                    .formatted(
                        parcel.fromNode(),
                        parcel.toNode(),
                        parcel.group(),
                        Messages.text(parcel.message()))));
    return texts;
  }

  protected final void connect(Place from, Place to, long fromNode, long toNode) {
    RaftParcel small = Messages.parcel(fromNode, toNode, 1, new RaftMessage.TimeoutNow(1));
    RaftParcel bulk = Messages.parcel(fromNode, toNode, 1, new RaftMessage.ReadIndexRequest(1, 1));
    sendUntilAllArrived(from, List.of(small, bulk), to);
    to.received().clear();
  }

  /** Some may have arrived before, and more than that may have: but nothing else. */
  private void sendUntilAllArrived(Place from, List<RaftParcel> sent, Place... to) {
    until(
        () -> {
          from.transport().send(sent);
          return texts(arrivedAt(to)).containsAll(texts(sent));
        });
  }

  private static List<RaftParcel> arrivedAt(Place... places) {
    return Stream.of(places).flatMap(place -> place.received().stream()).toList();
  }

  @Test
  public void everyKindOfMessageArrivesAsItWasSent() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    Messages messages = new Messages(5);
    List<RaftParcel> sent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      sent.add(Messages.parcel(1, 2, 100 + i, messages.ofKind(i % Messages.KINDS)));
    }
    sendUntilAllArrived(one, sent, two);
    assertThat(texts(sent)).containsAll(texts(two.received()));
    assertThat(two.received().element().from()).isEqualTo(sent.get(0).from());
    assertThat(two.received().element().to()).isEqualTo(sent.get(0).to());
    assertThat(one.received()).isEmpty();
  }

  @Test
  public void manyGroupsAndNodesInOneSend() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    Place three = open(new NodeId(3));
    List<RaftParcel> sent = new ArrayList<>();
    for (int group = 1; group <= 1_000; group++) {
      RaftMessage message = new RaftMessage.Heartbeat(group, 0, 0);
      sent.add(Messages.parcel(1, 2 + group % 2, group, message));
    }
    sendUntilAllArrived(one, sent, two, three);
    assertThat(groups(two)).hasSize(500).allMatch(group -> group % 2 == 0);
    assertThat(groups(three)).hasSize(500).allMatch(group -> group % 2 == 1);
  }

  private static Set<Long> groups(Place place) {
    return place.received().stream()
        .map(parcel -> parcel.group().value())
        .collect(Collectors.toSet());
  }

  @Test
  public void bothWaysAtATime() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    List<RaftParcel> there = heartbeats(1, 2);
    List<RaftParcel> back = heartbeats(2, 1);
    until(
        () -> {
          one.transport().send(there);
          two.transport().send(back);
          return texts(two.received()).containsAll(texts(there))
              && texts(one.received()).containsAll(texts(back));
        });
    assertThat(texts(there)).isEqualTo(texts(two.received()));
    assertThat(texts(back)).isEqualTo(texts(one.received()));
  }

  private static List<RaftParcel> heartbeats(long from, long to) {
    return LongStream.rangeClosed(1, 50)
        .mapToObj(term -> Messages.parcel(from, to, 1, new RaftMessage.Heartbeat(term, 0, 0)))
        .toList();
  }

  @Test
  public void aLongCommandArrives() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    int bytes = Math.min(one.transport().commandBytesMax(), LONG_COMMAND);
    byte[] command = new byte[bytes];
    command[bytes - 1] = 7;
    Entry entry = new Entry(1, 1, Entry.Kind.COMMAND, command);
    RaftMessage append = new RaftMessage.AppendRequest(1, Position.ZERO, 0, 0, List.of(entry));
    connect(one, two, 1, 2);
    until(
        () -> {
          one.transport().send(List.of(Messages.parcel(1, 2, 1, append)));
          return two.received().stream().anyMatch(TransportContract::carries);
        });
    RaftMessage.AppendRequest arrived =
        two.received().stream()
            .filter(TransportContract::carries)
            .map(parcel -> (RaftMessage.AppendRequest) parcel.message())
            .findFirst()
            .orElseThrow();
    assertThat(arrived.entries().get(0).payload()).isEqualTo(command);
  }

  private static boolean carries(RaftParcel parcel) {
    return parcel.message() instanceof RaftMessage.AppendRequest;
  }

  @Test
  public void sendingToNobodyNeitherBlocksNorThrows() throws IOException {
    Place one = open(new NodeId(1));
    List<RaftParcel> lost =
        LongStream.of(2, 4, 99, Long.MAX_VALUE)
            .mapToObj(node -> Messages.parcel(1, node, 1, new RaftMessage.TimeoutNow(7)))
            .toList();
    for (int i = 0; i < 10_000; i++) {
      one.transport().send(lost);
    }
    one.transport().send(List.of());
    Place two = open(new NodeId(2));
    connect(one, two, 1, 2);
  }

  @Test
  public void whatIsNotBetweenTwoNodesIsLost() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    RaftMessage message = new RaftMessage.Heartbeat(7, 0, 0);
    RaftParcel toItself = Messages.parcel(1, 1, 7, message);
    RaftParcel forged = Messages.parcel(3, 2, 7, message);
    RaftParcel real = Messages.parcel(1, 2, 8, message);
    until(
        () -> {
          one.transport().send(List.of(toItself, forged, real));
          return !two.received().isEmpty();
        });
    assertThat(texts(two.received())).containsExactlyElementsOf(texts(List.of(real)));
    assertThat(one.received()).isEmpty();
  }

  @Test
  public void afterTheEndNothingIsSentAndNothingThrows() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    Place three = open(new NodeId(3));
    connect(one, two, 1, 2);
    one.close();
    one.close();
    RaftParcel late = Messages.parcel(1, 2, 9, new RaftMessage.TimeoutNow(9));
    for (int i = 0; i < 1_000; i++) {
      one.transport().send(List.of(late));
      two.transport().send(List.of(Messages.parcel(2, 1, 1, new RaftMessage.TimeoutNow(1))));
    }
    List<RaftParcel> others = heartbeats(3, 2);
    sendUntilAllArrived(three, others, two);
    assertThat(texts(two.received())).doesNotContainAnyElementsOf(texts(List.of(late)));
    assertThat(one.received()).isEmpty();
  }

  @Test
  public void whoWasAwayIsReachedAgain() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    connect(one, two, 1, 2);
    connect(two, one, 2, 1);
    two.close();
    one.transport().send(heartbeats(1, 2));
    Place again = open(new NodeId(2));
    connect(one, again, 1, 2);
    connect(again, one, 2, 1);
  }
}
