package io.flotilla.raft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Transport} owes its users. Since any of them may lose messages, the tests send
 * again until something arrives.
 */
@Timeout(60) // seconds: what blocks for ever fails
public abstract class TransportContract {
  /** A place with a transport, and all that arrived there. */
  protected interface Place {
    Transport transport();

    Queue<RaftParcel> received();
  }

  /** A place for this node, which can reach all other places. */
  protected abstract Place open(NodeId node) throws IOException;

  protected abstract void closeAll();

  @AfterEach
  void close() {
    closeAll();
  }

  protected static Queue<RaftParcel> newQueue() {
    return new ConcurrentLinkedQueue<>();
  }

  protected static List<String> texts(Iterable<RaftParcel> parcels) {
    List<String> texts = new ArrayList<>();
    parcels.forEach(parcel -> texts.add(parcel.group() + " " + Messages.text(parcel.message())));
    return texts;
  }

  protected final void connect(Place from, Place to, long fromNode, long toNode) {
    RaftParcel small = Messages.parcel(fromNode, toNode, 1, new RaftMessage.TimeoutNow(1));
    RaftParcel bulk = Messages.parcel(fromNode, toNode, 1, new RaftMessage.ReadIndexRequest(1, 1));
    await()
        .until(
            () -> {
              from.transport().send(List.of(small, bulk));
              return to.received().stream()
                  .map(RaftParcel::message)
                  .collect(Collectors.toSet())
                  .containsAll(Set.of(small.message(), bulk.message()));
            });
    to.received().clear();
  }

  @Test
  public void everyKindOfMessageArrivesAsItWasSent() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    connect(one, two, 1, 2);
    Messages messages = new Messages(5);
    List<RaftParcel> sent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      sent.add(Messages.parcel(1, 2, 100 + i, messages.ofKind(i % Messages.KINDS)));
    }
    one.transport().send(sent);
    await().untilAsserted(() -> assertThat(texts(two.received())).containsAll(texts(sent)));
    RaftParcel some = two.received().peek();
    assertThat(some.fromNode()).isEqualTo(new NodeId(1));
    assertThat(some.toNode()).isEqualTo(new NodeId(2));
  }

  @Test
  public void manyGroupsAndNodesInOneSend() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    Place three = open(new NodeId(3));
    connect(one, two, 1, 2);
    connect(one, three, 1, 3);
    List<RaftParcel> sent = new ArrayList<>();
    for (int group = 1; group <= 1_000; group++) {
      RaftMessage message = new RaftMessage.Heartbeat(group, 0, 0);
      sent.add(Messages.parcel(1, 2 + group % 2, group, message));
    }
    one.transport().send(sent);
    await()
        .untilAsserted(
            () -> {
              assertThat(groups(two)).hasSize(500).allMatch(group -> group % 2 == 0);
              assertThat(groups(three)).hasSize(500).allMatch(group -> group % 2 == 1);
            });
  }

  private static Set<Long> groups(Place place) {
    Set<Long> groups = new HashSet<>();
    for (RaftParcel parcel : place.received()) {
      if (parcel.message() instanceof RaftMessage.Heartbeat) {
        groups.add(parcel.group().value());
      }
    }
    return groups;
  }

  @Test
  public void sendingToNobodyNeitherBlocksNorThrows() throws IOException {
    Place one = open(new NodeId(1));
    RaftParcel lost = Messages.parcel(1, 99, 1, new RaftMessage.TimeoutNow(1));
    for (int i = 0; i < 10_000; i++) {
      one.transport().send(List.of(lost));
    }
    Place two = open(new NodeId(2));
    connect(one, two, 1, 2);
  }

  @Test
  public void sendingAfterTheEndNeitherBlocksNorThrows() throws IOException {
    Place one = open(new NodeId(1));
    Place two = open(new NodeId(2));
    connect(one, two, 1, 2);
    closeAll();
    one.transport().send(List.of(Messages.parcel(1, 2, 1, new RaftMessage.TimeoutNow(1))));
  }
}
