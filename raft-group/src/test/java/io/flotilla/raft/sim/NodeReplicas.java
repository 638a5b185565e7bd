package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.ReplicaLostException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The replicas that a simulated node was told to hold, and what its disk has of each: they come,
 * are opened whenever the node starts, and go. One thread.
 */
final class NodeReplicas {
  /** Opens a replica on the machine that is kept for its group. */
  interface Opener {
    RaftGroup open(GroupSpec spec) throws StorageException, ReplicaLostException;
  }

  private final World world;
  private final RuntimeNode node;
  private final int id;
  private final SimStates.Maker maker;
  private final Map<GroupId, ReplicaId> tenants = new HashMap<>();
  private SimPlatter platter = new SimPlatter();
  private SimStates<?> states;

  NodeReplicas(World world, RuntimeNode node, SimStates.Maker maker) {
    this.world = world;
    this.node = node;
    this.id = node.id();
    this.maker = maker;
    this.states = maker.make(id, world.chance());
  }

  SimPlatter platter() {
    return platter;
  }

  SimStates<?> states() {
    return states;
  }

  boolean isEmpty() {
    return tenants.isEmpty();
  }

  /** The node begins on what was durable when it ended. */
  void restart(RaftRuntime<?> runtime) {
    onDisk(() -> states.restart(generations(runtime)));
  }

  void crash() {
    onDisk(states::crash);
  }

  /** All of it is gone for good. */
  void lose() {
    tenants.clear();
    platter = new SimPlatter();
    states = maker.make(id, world.chance());
  }

  /** What the logs name, and of groups without a log here what was made last. */
  private Map<GroupId, Long> generations(RaftRuntime<?> runtime) {
    Map<GroupId, Long> named = new TreeMap<>(Comparator.comparingLong(GroupId::value));
    tenants.forEach(
        (group, replica) ->
            named.put(
                group,
                found(runtime, group, replica)
                    .map(RecoveredLog::generation)
                    .orElseGet(() -> states.machine(group).generation())));
    return named;
  }

  private static Optional<RecoveredLog> found(
      RaftRuntime<?> runtime, GroupId group, ReplicaId replica) {
    return Optional.ofNullable(runtime.recovered().get(group))
        .filter(log -> log.self().equals(replica));
  }

  private interface DiskAction {
    void run() throws StorageException;
  }

  /** The disk of the states never fails. */
  private void onDisk(DiskAction action) {
    try {
      action.run();
    } catch (StorageException broken) {
      throw new AssertionError("the states of node " + id, broken);
    }
  }

  /**
   * From now on this replica of a group is here.
   *
   * @throws AssertionError if another one is
   */
  void settle(SimGroup group, ReplicaId replica) {
    world.changed();
    world
        .trace()
        .add("host", id, group.number(), replica.value(), () -> group.id() + ": " + replica);
    int number = SimReplica.number(replica);
    onDisk(
        () ->
            states.create(
                group.id(),
                state -> group.properties().applied(number, state),
                group.properties()::truthAt));
    group.properties().disk(number, index -> platter.durableTerm(group.id(), replica, index));
    if (tenants.put(group.id(), replica) != null) {
      throw new AssertionError("two replicas of " + group.id() + " on node " + id);
    }
  }

  /** What it holds of a group, or is to hold as soon as it is up. */
  Optional<ReplicaId> tenant(SimGroup group) {
    return Optional.ofNullable(tenants.get(group.id()));
  }

  /** Unless there is none to be opened. */
  void open(RaftRuntime<?> runtime, Opener opener, SimGroup group) {
    ReplicaId replica = tenants.get(group.id());
    if (replica == null || runtime.group(group.id()).isPresent()) {
      return;
    }
    boolean hasLog = found(runtime, group.id(), replica).isPresent();
    group.restarted(replica, hasLog ? platter.log(group.id()) : new SimLog());
    boolean isFirst = replica.value() <= world.voters();
    GroupSpec spec =
        new GroupSpec(
            group.id(),
            replica,
            isFirst ? MembershipRules.voters(world.voters()) : Membership.of(List.of()),
            generations(runtime).get(group.id()),
            group.number() % world.voters() + 1 == replica.value());
    try {
      RaftGroup opened = opener.open(spec);
      var unused = opened.removed().thenRun(() -> removed(runtime, group, replica));
    } catch (ReplicaLostException removed) {
      group.properties().members().removed(SimReplica.number(replica));
      destroy(group, replica);
    } catch (StorageException broken) {
      throw new AssertionError("node " + id + " cannot open group " + group.id(), broken);
    }
  }

  /** Its log is gone: its state goes as soon as nobody touches it any more. */
  private void removed(RaftRuntime<?> runtime, SimGroup group, ReplicaId replica) {
    node.now(
        () ->
            node.unlessGone(
                runtime,
                () -> {
                  var unused =
                      runtime
                          .close(group.id())
                          .thenRun(
                              () ->
                                  node.now(
                                      () ->
                                          node.unlessGone(runtime, () -> destroy(group, replica))));
                  node.wake();
                }));
  }

  private void destroy(SimGroup group, ReplicaId replica) {
    world.changed();
    world.trace().add("destroy", id, group.number(), replica.value(), replica::toString);
    if (platter.holder(group.id()).equals(Optional.of(replica))) {
      throw new AssertionError(
          "REMOVED: the log of %s in %s is still on node %d".formatted(replica, group.id(), id));
    }
    if (tenants.remove(group.id(), replica)) {
      onDisk(() -> states.remove(group.id()));
    }
  }

  /** Whether it runs and keeps the replica that a membership names here, or else none at all. */
  boolean isClean(SimGroup group, Membership membership) {
    Optional<ReplicaId> named =
        membership.everybody().stream()
            .filter(member -> member.node() == id)
            .map(Membership.Member::replica)
            .findFirst();
    return platter.holder(group.id()).equals(named)
        && tenant(group).equals(named)
        && node.statusIfHere(group).map(GroupStatus::replica).equals(named);
  }

  JudgedMachine<?> machine(SimGroup group) {
    return states.machine(group.id());
  }

  /** All that is applied is durable now. */
  void flush() {
    onDisk(states::flush);
  }

  /** What a group's log weighs on the disk. */
  long logBytes(SimGroup group) {
    return platter.bytes(group.id());
  }

  /** The last index that is gone from a group's log on the disk. */
  long cutAt(SimGroup group) {
    return platter.log(group.id()).truncated().index();
  }

  /** What a snapshot that is taken now weighs. */
  long snapshotBytes(SimGroup group) {
    try (StateImage image = machine(group).image()) {
      return image.approximateBytes();
    } catch (StorageException broken) {
      throw new AssertionError("no image of " + group.id(), broken);
    }
  }

  SimState state(SimGroup group) {
    return machine(group).state();
  }

  /** What its disk holds of a group, beyond what is decided: by that others may still go. */
  boolean hasUndecided(SimGroup group) {
    ReplicaId replica = Objects.requireNonNull(tenants.get(group.id()));
    return platter.lastIndex(group.id(), replica) > group.properties().commit();
  }

  @Override
  public String toString() {
    return tenants.toString();
  }
}
