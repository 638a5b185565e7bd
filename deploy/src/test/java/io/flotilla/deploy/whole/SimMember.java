package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.service.MemberBook;
import io.flotilla.placement.service.PlacementService;
import io.flotilla.placement.store.PlacementRound;
import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.placement.store.PlacementStore;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftListener;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.raft.state.Generations;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A member of placement: member, node, replica and host have one number. One thread. */
final class SimMember extends SimPeer<PlacementRound> {
  private static final GroupId GROUP = new GroupId(0);

  private final WholeCluster whole;
  private @Nullable PlacementStore store;
  private @Nullable PlacementStateMachine map;
  private @Nullable RaftGroup group;

  SimMember(WholeCluster whole, int id) {
    super(whole, id, "placement" + id + ":7400");
    this.whole = whole;
  }

  @Override
  void begin(Life born) {
    try {
      PlacementStore states = new PlacementStore(whole.directoryOf(this).resolve("state"));
      store = states;
      NodeId self = new NodeId(id());
      RaftRuntime<PlacementRound> runtime =
          raft()
              .start(
                  born,
                  self,
                  states,
                  whole.directoryOf(this).resolve("snapshots"),
                  node -> (int) node.value(),
                  host -> whole.member(host),
                  RaftListener.NONE);
      RecoveredLog log = runtime.recovered().get(GROUP);
      long generation = log == null ? Generations.INITIAL : log.generation();
      states.deleteAllBut(generation);
      PlacementStateMachine machine = new PlacementStateMachine(states, generation);
      map = machine;
      RaftGroup opened = runtime.open(spec(), new EvenImages<>(machine));
      group = opened;
      TreeMap<Long, String> addresses = new TreeMap<>();
      whole.members().forEach(member -> addresses.put((long) member.id(), member.address()));
      new PlacementService(
              WholeCluster.NAME,
              new MemberBook(id(), addresses, machine::view),
              whole.policy(),
              opened,
              machine,
              this::nanos,
              newLoop(born),
              this::failed)
          .addTo(server());
    } catch (IOException | ReplicaLostException broken) {
      throw new AssertionError(address() + " cannot start", broken);
    }
  }

  private void failed(Throwable broken) {
    throw new AssertionError(address() + " broke", broken);
  }

  private GroupSpec spec() {
    List<Membership.Member> voters =
        whole.members().stream()
            .map(member -> new Membership.Member(new ReplicaId(member.id()), member.id()))
            .toList();
    return new GroupSpec(
        GROUP, new ReplicaId(id()), Membership.of(voters), Generations.INITIAL, id() == 1);
  }

  @Override
  void end() {
    raft().crash();
    group = null;
    map = null;
    PlacementStore states = store;
    if (states != null) {
      states.loseUnflushed();
      close();
    }
  }

  /** Gives back what the process has open. */
  void close() {
    PlacementStore states = store;
    store = null;
    if (states != null) {
      try {
        states.close();
      } catch (StorageException broken) {
        throw new AssertionError(broken);
      }
    }
  }

  @Override
  public boolean leads() {
    RaftGroup here = group;
    return here != null && here.status().role() == GroupStatus.RoleName.LEADER;
  }

  /** What this member knows; nothing while it is down. */
  Optional<ClusterView> view() {
    return Optional.ofNullable(map).map(PlacementStateMachine::view);
  }

  /** Brings a command into the log past the service; nobody is told what became of it. */
  void propose(byte[] command) {
    RaftGroup here = group;
    if (here != null) {
      during(life(), () -> here.propose(command));
    }
  }

  Optional<GroupStatus> status() {
    return Optional.ofNullable(group).map(RaftGroup::status);
  }
}
