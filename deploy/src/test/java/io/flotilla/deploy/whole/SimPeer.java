package io.flotilla.deploy.whole;

import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.RaftParcel;
import java.util.List;

/** A process that hosts replicas. One thread. */
abstract class SimPeer<R extends ApplyRound> extends SimProcess {
  private final SimRaft<R> raft;

  SimPeer(WholeCluster whole, int id, String address) {
    super(whole.world(), whole.wallClocks(), id, address);
    this.raft = new SimRaft<>(whole, this);
  }

  @Override
  final void wake() {
    raft.wake();
  }

  final void receive(List<RaftParcel> parcels) {
    raft.receive(parcels);
  }

  final SimRaft<R> raft() {
    return raft;
  }
}
