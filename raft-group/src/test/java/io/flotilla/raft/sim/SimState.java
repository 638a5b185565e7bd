package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * A small replicated state: a few keys that do what the model of {@code raft.history} says, and for
 * each client what of its session's commands took effect. One thread.
 */
public final class SimState {
  public static final int KEYS = 4;
  public static final int CLIENTS_MAX = 32;

  private final Value[] values;
  private final Completions[] sessions;
  private long applied;
  private long hash;

  public SimState() {
    values = new Value[KEYS];
    sessions = new Completions[CLIENTS_MAX + 1];
    Arrays.fill(values, Value.ABSENT);
    Arrays.fill(sessions, Completions.NONE);
  }

  private SimState(SimState from) {
    values = from.values.clone();
    sessions = from.sessions.clone();
    applied = from.applied;
    hash = from.hash;
  }

  void writeTo(DataOutputStream to) throws IOException {
    for (Value value : values) {
      SimCommand.write(value, to);
    }
    for (Completions session : sessions) {
      session.writeTo(to);
    }
    to.writeLong(applied);
    to.writeLong(hash);
  }

  static SimState readFrom(DataInputStream from) throws IOException {
    SimState state = new SimState();
    for (int key = 0; key < KEYS; key++) {
      state.values[key] = SimCommand.value(from);
    }
    for (int client = 0; client <= CLIENTS_MAX; client++) {
      state.sessions[client] = Completions.readFrom(from);
    }
    state.applied = from.readLong();
    state.hash = from.readLong();
    return state;
  }

  public SimState copy() {
    return new SimState(this);
  }

  /**
   * Entries come in order; whoever skips or repeats one is wrong.
   *
   * @return what the client of a command is to be told: the first execution's outcome, however
   *     often it is tried; unknown for any that is not its client's last, which asks no more
   */
  public Outcome apply(Entry entry) {
    if (entry.index() != applied + 1) {
      throw new AssertionError("APPLY ORDER: " + entry + " applied after index " + applied);
    }
    applied = entry.index();
    hash = (hash * 31 + entry.term()) * 31 + Arrays.hashCode(entry.payload());
    hash ^= hash >>> 31;
    return entry.kind() == Entry.Kind.COMMAND
        ? execute(SimCommand.decode(entry.payload()))
        : Outcome.unknown();
  }

  private Outcome execute(SimCommand command) {
    Completions session = sessions[command.client()];
    if (session.isTooLate(command)) {
      return Outcome.unknown();
    }
    Outcome known = session.of(command.sequence()).orElse(null);
    if (known != null) {
      return known;
    }
    Action.Step step = command.action().step(values[command.key()]);
    values[command.key()] = step.after();
    sessions[command.client()] = session.with(command, step.told());
    return step.told();
  }

  /** What a client's command did; unknown if that is not known any more, or yet. */
  public Outcome outcome(int client, int sequence) {
    return sessions[client].of(sequence).orElse(Outcome.unknown());
  }

  /** Whether a client's command took effect, or is not asked for any more. */
  boolean covers(int client, int sequence) {
    return sessions[client].covers(sequence);
  }

  public Value value(int key) {
    return values[key];
  }

  public long applied() {
    return applied;
  }

  /** Over all entries ever applied: equal at equal index on all replicas. */
  public long hash() {
    return hash;
  }
}
