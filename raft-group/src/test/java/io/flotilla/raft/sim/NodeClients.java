package io.flotilla.raft.sim;

import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.raft.runtime.RaftGroup;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** What clients of a simulated node ask of its replicas, and are told. */
final class NodeClients {
  private final World world;
  private final RuntimeNode node;

  /** What its replicas were asked since it started, and have not answered. */
  private final Set<Long> open = new HashSet<>();

  private long asked;

  NodeClients(World world, RuntimeNode node) {
    this.world = world;
    this.node = node;
  }

  /** Where clients of one group reach this node. */
  Door door(SimGroup group) {
    return (write, key, reply) ->
        node.whileUp(
            runtime -> {
              RaftGroup replica = runtime.group(group.id()).orElse(null);
              if (replica == null) {
                reply.accept(new Reply.Refused(Optional.empty()));
              } else if (write == null) {
                read(replica, group, key, reply);
              } else {
                write(replica, group, write, reply);
              }
            });
  }

  /** Nobody may forget this, or only with the node. */
  <T> CompletableFuture<T> asked(CompletableFuture<T> answer) {
    long question = ++asked;
    open.add(question);
    var unused = answer.whenComplete((done, failure) -> open.remove(question));
    return answer;
  }

  boolean hasAnswered() {
    return open.isEmpty();
  }

  void crashed() {
    open.clear();
  }

  private void write(RaftGroup replica, SimGroup group, SimCommand command, Consumer<Reply> reply) {
    asked(replica.propose(command.encode(world.chance().between(0, 100))))
        .whenComplete(
            (result, failure) ->
                node.now(
                    () ->
                        reply.accept(
                            failure == null
                                ? new Reply.Wrote(SimCommand.decodeOutcome(result))
                                : refusal(group, failure))));
  }

  private void read(RaftGroup replica, SimGroup group, int key, Consumer<Reply> reply) {
    long committed = group.properties().commit();
    JudgedMachine<?> machine = node.replicas().machine(group);
    asked(replica.readBarrier())
        .whenComplete(
            (applied, failure) -> {
              SimState state = machine.state();
              node.now(
                  () -> {
                    if (failure == null) {
                      world.readsAllThatWasCommitted(applied, committed);
                      reply.accept(new Reply.Read(state.value(key)));
                    } else {
                      reply.accept(refusal(group, failure));
                    }
                  });
            });
  }

  static Reply refusal(SimGroup group, Throwable failure) {
    Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    if (cause instanceof RaftException told) {
      return told.outcomeUnknown()
          ? new Reply.Unknown()
          : new Reply.Refused(leader(told.refusal().orElseThrow()).map(group.homes()::nodeOf));
    }
    throw new AssertionError("a request failed with something else", cause);
  }

  private static Optional<ReplicaId> leader(Refusal refusal) {
    return refusal instanceof Refusal.NotLeader other ? other.leader() : Optional.empty();
  }
}
