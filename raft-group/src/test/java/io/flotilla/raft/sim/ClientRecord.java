package io.flotilla.raft.sim;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.history.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the clients of one group asked and were told, and what of it was done. Times are the order
 * of events. One thread.
 */
final class ClientRecord {
  /** A command, by who sent it and its number. */
  private record Id(int client, int sequence) {
    static Id of(SimCommand command) {
      return new Id(command.client(), command.sequence());
    }
  }

  private final History history = new History();
  private final Set<Id> refused = new HashSet<>();
  private final Set<Id> done = new HashSet<>();

  History.Call write(SimCommand command) {
    return history.invoke(command.client(), key(command.key()), command.action());
  }

  History.Call read(int client, int key) {
    return history.invoke(client, key(key), new Action.Get());
  }

  private static String key(int key) {
    return "key-" + key;
  }

  /** The client was told that this command will certainly never be done. */
  void refused(History.Call call, SimCommand command) {
    call.refused();
    refused.add(Id.of(command));
    neverDone(command);
  }

  /** The group has, somewhere behind what clients see, executed this command. */
  void done(SimCommand command) {
    done.add(Id.of(command));
    neverDone(command);
  }

  boolean isDone(SimCommand command) {
    return done.contains(Id.of(command));
  }

  private void neverDone(SimCommand command) {
    if (refused.contains(Id.of(command)) && done.contains(Id.of(command))) {
      throw new AssertionError("REFUSALS: " + command + " was refused for certain, and yet done");
    }
  }

  /** Operations that were answered. */
  long answered() {
    return history.answered();
  }

  /**
   * When nothing is under way any more: whether one register per key could have given all answers,
   * and could now hold what every replica holds.
   *
   * @param run names the picture, if one is needed
   */
  void requireLinearizable(String run, List<SimState> replicas) {
    for (int replica = 0; replica < replicas.size(); replica++) {
      for (int key = 0; key < SimState.KEYS; key++) {
        int reader = SimState.CLIENTS_MAX + 1 + replica;
        read(reader, key).returned(new Outcome.Saw(replicas.get(replica).value(key)));
      }
    }
    Linearizability.require(history.operations(), run);
  }
}
