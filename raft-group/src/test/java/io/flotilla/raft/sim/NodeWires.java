package io.flotilla.raft.sim;

import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** What a simulated node sends to others, and hears of them. One thread. */
final class NodeWires {
  private final World world;
  private final RuntimeNode node;
  private final SimNetwork<Runnable> network;
  private final IntFunction<RuntimeNode> nodes;
  private SimTransport transport;
  private SimSnapshotTransport questions;

  NodeWires(
      World world, RuntimeNode node, SimNetwork<Runnable> network, IntFunction<RuntimeNode> nodes) {
    this.world = world;
    this.node = node;
    this.network = network;
    this.nodes = nodes;
    this.transport = newTransport();
    this.questions = newQuestions();
  }

  /** For a new life. */
  void connect() {
    transport = newTransport();
    questions = newQuestions();
  }

  void close() {
    transport.close();
    questions.close();
  }

  void send(List<RaftParcel> parcels) {
    parcels.forEach(this::send);
  }

  private void send(RaftParcel parcel) {
    SimGroup group = node.group(parcel.group());
    if (group.homes().isLost(parcel.from())) {
      throw new AssertionError("LOST: %s speaks: %s".formatted(parcel.from(), parcel.message()));
    }
    Promises.check(
        parcel.from(),
        parcel.to(),
        parcel.message(),
        node.replicas().platter().hardState(parcel.group(), parcel.from()),
        node.replicas().platter().lastIndex(parcel.group(), parcel.from()));
    if (Promises.isVote(parcel.message())) {
      int voter = SimReplica.number(parcel.from());
      int candidate = SimReplica.number(parcel.to());
      group.properties().voted(voter, parcel.message().term(), candidate);
    }
    if (parcel.message() instanceof RaftMessage.AppendRequest append) {
      node.statusIfHere(group)
          .ifPresent(status -> group.bounds().sends(status, parcel.to(), append));
    }
    transport.send(List.of(world.perhapsShorter(parcel)));
  }

  private SimTransport newTransport() {
    return new SimTransport(node.id(), network, to -> nodes.apply(to).wires()::receive);
  }

  private SimSnapshotTransport newQuestions() {
    return new SimSnapshotTransport(node.id(), network, to -> nodes.apply(to).wires()::serve);
  }

  private void receive(List<RaftParcel> parcels) {
    node.whileUp(runtime -> runtime.receive(parcels));
  }

  void ask(NodeId to, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    questions.ask(to, request, answer -> node.whileUp(runtime -> reply.accept(answer)));
  }

  private void serve(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {
    node.whileUp(runtime -> runtime.snapshotServer().serve(from, request, answer));
  }
}
