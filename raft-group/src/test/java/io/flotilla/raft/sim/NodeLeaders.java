package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftGroup;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asks of the replicas that lead on a simulated node, and what must come of it.
 */
final class NodeLeaders {
  private final World world;
  private final RuntimeNode node;
  private final List<SimGroup> groups;
  private final MemberMoves moves;

  NodeLeaders(World world, RuntimeNode node, List<SimGroup> groups, MemberMoves moves) {
    this.world = world;
    this.node = node;
    this.groups = groups;
    this.moves = moves;
  }

  void changeMembers() {
    groups.forEach(
        group ->
            whereItLeads(
                group,
                leader -> {
                  moves.next(group, leader.status()).ifPresent(to -> change(group, leader, to));
                  if (world.chance().happens(0.2)) {
                    moves.askIfRemoved(group, leader.status());
                  }
                }));
  }

  /** Ends what changes of members have left undone. */
  void tidyMembers() {
    groups.forEach(
        group ->
            whereItLeads(
                group,
                leader -> {
                  moves.last(group, leader.status()).ifPresent(to -> change(group, leader, to));
                  moves.askIfRemoved(group, leader.status());
                }));
  }

  /** Whether it leads, and every group has what it takes to go on without its disk. */
  boolean canBeReplaced() {
    return node.leads() && moves.canDoWithout(node);
  }

  private void whereItLeads(SimGroup group, Consumer<RaftGroup> action) {
    node.visit(
        group,
        replica -> {
          if (replica.status().role() == RoleName.LEADER) {
            action.accept(replica);
          }
        });
  }

  private void change(SimGroup group, RaftGroup leader, Membership target) {
    if (group.homes().mayBringBack(target, leader.status().membership())) {
      return;
    }
    BooleanSupplier sameLife = node.life();
    CompletableFuture<Void> change = node.clients().asked(leader.changeMembership(target));
    group.homes().changeAsked(target, () -> sameLife.getAsBoolean() && !change.isDone());
    var unused =
        change.whenComplete((done, failure) -> node.now(() -> changed(group, target, failure)));
  }

  private void changed(SimGroup group, Membership target, @Nullable Throwable failure) {
    if (failure != null) {
      NodeClients.refusal(group, failure);
    } else if (!group.properties().members().wasCommitted(target)) {
      throw new AssertionError("CHANGE: %s never was %s".formatted(group.id(), target));
    }
  }

  void handOver() {
    groups.forEach(group -> whereItLeads(group, leader -> handOver(group, leader)));
  }

  /** To a replica that may lead, or may not, or to any. */
  private void handOver(SimGroup group, RaftGroup leader) {
    long term = leader.status().term();
    int to = world.chance().between(0, group.homes().count());
    Optional<ReplicaId> named = to == 0 ? Optional.empty() : Optional.of(new ReplicaId(to));
    node.clients()
        .asked(leader.transferLeadership(named))
        .whenComplete(
            (done, failure) -> {
              GroupStatus after = leader.status();
              node.now(() -> handedOver(group, term, after, failure));
            });
  }

  private void handedOver(
      SimGroup group, long term, GroupStatus after, @Nullable Throwable failure) {
    if (failure != null) {
      NodeClients.refusal(group, failure);
      return;
    }
    world.counts().add(FaultKind.TRANSFER);
    if (after.role() == RoleName.LEADER && after.term() <= term) {
      throw new AssertionError(
          "TRANSFER: of %s at node %d is done in term %d, and now is %s"
              .formatted(group.id(), node.id(), term, after));
    }
  }
}
