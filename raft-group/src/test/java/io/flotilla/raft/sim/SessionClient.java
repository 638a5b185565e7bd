package io.flotilla.raft.sim;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.runtime.RaftGroup;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client of one group that writes now and then, and reads at any replica that has applied what it
 * has seen: it must see its own writes, and nothing that it saw may vanish. It also asks replicas
 * how old their state is: what was committed longer ago has to be there. One thread.
 */
final class SessionClient {
  /** What a node that crashed was asked is never answered. */
  private static final int PATIENCE_TICKS = 40;

  private final World world;
  private final Chance chance;
  private final SimGroup group;
  private final List<RuntimeNode> nodes;
  private final SimSession session;
  private final Set<Integer> open = new HashSet<>();
  private boolean stopped;

  /** What it has seen: an applied index, and the last of its writes that were acknowledged. */
  private long token;

  private int acknowledged;
  private long reads;
  private long ages;

  SessionClient(
      World world, Chance chance, SimGroup group, List<RuntimeNode> nodes, SimSession session) {
    this.world = world;
    this.chance = chance;
    this.group = group;
    this.nodes = nodes;
    this.session = session;
  }

  void start() {
    world.clock().after(chance.between(0, world.ticks(1)), this::next);
  }

  void stop() {
    stopped = true;
  }

  /** Session reads that were answered. */
  long reads() {
    return reads;
  }

  /** Replicas that knew how old their state is at most. */
  long ages() {
    return ages;
  }

  private void next() {
    if (stopped) {
      return;
    }
    RuntimeNode node = nodes.get(chance.below(nodes.size()));
    node.visit(group, replica -> act(node, replica));
    world.clock().after(chance.between(1, world.ticks(2)), this::next);
  }

  private void act(RuntimeNode node, RaftGroup replica) {
    if (chance.happens(0.3)) {
      write(node, replica);
    } else {
      read(node, replica);
      judgeAge(node, replica);
    }
  }

  /** Tried once: what is not acknowledged may have happened, or may yet. */
  private void write(RuntimeNode node, RaftGroup replica) {
    int mine = session.begin();
    SimCommand command =
        new SimCommand(
            session.id(),
            mine,
            chance.between(2, SimState.KEYS - 1),
            new Action.Put(Value.of(session.id() + "." + mine)));
    History.Call call = group.record().write(command);
    node.clients()
        .asked(replica.propose(session.stamped(command).encode(0)))
        .whenComplete((result, failure) -> told(node, command, call, result));
    open.add(mine);
    world.clock().after(world.ticks(PATIENCE_TICKS), () -> end(command));
  }

  private void told(
      RuntimeNode node, SimCommand command, History.Call call, byte @Nullable [] result) {
    long applied = result == null ? 0 : node.replicas().state(group).applied();
    node.now(
        () -> {
          if (end(command) && result != null) {
            call.returned(SimCommand.decodeOutcome(result));
            token = Math.max(token, applied);
            acknowledged = Math.max(acknowledged, command.sequence());
          }
        });
  }

  /** Whether it had not ended before. */
  private boolean end(SimCommand command) {
    boolean first = open.remove(command.sequence());
    if (first) {
      session.end(command);
    }
    return first;
  }

  private void read(RuntimeNode node, RaftGroup replica) {
    long seen = token;
    int written = acknowledged;
    CompletableFuture<Long> reached = replica.appliedAtLeast(seen);
    reached.whenComplete(
        (index, failure) -> {
          if (failure == null) {
            SimState state = node.replicas().state(group);
            node.now(() -> judge(node, state, seen, written));
          }
        });
    world.clock().after(world.ticks(chance.between(1, 20)), () -> reached.cancel(false));
  }

  private void judge(RuntimeNode node, SimState state, long seen, int written) {
    reads++;
    token = Math.max(token, state.applied());
    world.trace().add("session", node.id(), group.number(), state.applied(), () -> "after " + seen);
    if (state.applied() < seen) {
      throw new AssertionError(
          "MONOTONIC READS: node %d shows %d to a session that saw %d"
              .formatted(node.id(), state.applied(), seen));
    }
    if (written > 0 && !state.covers(session.id(), written)) {
      throw new AssertionError(
          "READ YOUR WRITES: node %d does not show write %d to a session that was told of it"
              .formatted(node.id(), written));
    }
  }

  private void judgeAge(RuntimeNode node, RaftGroup replica) {
    Duration age = replica.stateAge().orElse(null);
    if (age == null) {
      return;
    }
    ages++;
    long asOfMicros = world.clock().nowMicros() - age.toNanos() / 1000;
    long committed = group.committedBefore(asOfMicros);
    long applied = node.replicas().state(group).applied();
    if (applied < committed) {
      throw new AssertionError(
          "AGE: node %d says that %d is no older than %s, but %d was committed before that"
              .formatted(node.id(), applied, age, committed));
    }
  }
}
