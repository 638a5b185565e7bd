package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A small replicated state: a few registers, each with the version of its last write and a count of
 * all its writes, and for each client the last command that took effect. One thread.
 */
public final class SimState {
  public static final int KEYS = 4;
  public static final int CLIENTS_MAX = 8;
  static final int ENCODED_BYTES = KEYS * 24 + (CLIENTS_MAX + 1) * 20 + 16;

  /**
   * A write of {@link #value} to a key. A client sends one at a time and never an older one again.
   */
  public record Command(int client, int sequence, int key) {
    public long value() {
      return ((long) client << 32) | sequence;
    }

    byte[] encode(int paddingBytes) {
      return ByteBuffer.allocate(9 + paddingBytes)
          .putInt(client)
          .putInt(sequence)
          .put((byte) key)
          .array();
    }

    static Command decode(byte[] payload) {
      ByteBuffer from = ByteBuffer.wrap(payload);
      return new Command(from.getInt(), from.getInt(), from.get());
    }
  }

  /**
   * What a command did: the version it gave its key, and how many writes the key has then had. The
   * first execution's, however often it is tried.
   */
  public record Outcome(long version, long count) {
    static final Outcome NONE = new Outcome(0, 0);

    byte[] encode() {
      return ByteBuffer.allocate(16).putLong(version).putLong(count).array();
    }

    static Outcome decode(byte[] bytes) {
      ByteBuffer from = ByteBuffer.wrap(bytes);
      return new Outcome(from.getLong(), from.getLong());
    }
  }

  private final long[] values;
  private final long[] versions;
  private final long[] counts;
  private final int[] sequences;
  private final Outcome[] outcomes;
  private long applied;
  private long hash;

  public SimState() {
    values = new long[KEYS];
    versions = new long[KEYS];
    counts = new long[KEYS];
    sequences = new int[CLIENTS_MAX + 1];
    outcomes = new Outcome[CLIENTS_MAX + 1];
    Arrays.fill(outcomes, Outcome.NONE);
  }

  private SimState(SimState from) {
    values = from.values.clone();
    versions = from.versions.clone();
    counts = from.counts.clone();
    sequences = from.sequences.clone();
    outcomes = from.outcomes.clone();
    applied = from.applied;
    hash = from.hash;
  }

  byte[] encode() {
    ByteBuffer to = ByteBuffer.allocate(ENCODED_BYTES);
    for (int key = 0; key < KEYS; key++) {
      to.putLong(values[key]).putLong(versions[key]).putLong(counts[key]);
    }
    for (int client = 0; client <= CLIENTS_MAX; client++) {
      to.putInt(sequences[client]).put(outcomes[client].encode());
    }
    return to.putLong(applied).putLong(hash).array();
  }

  /** Of as many bytes as {@link #encode} gives. */
  static SimState decode(ByteBuffer from) {
    SimState state = new SimState();
    for (int key = 0; key < KEYS; key++) {
      state.values[key] = from.getLong();
      state.versions[key] = from.getLong();
      state.counts[key] = from.getLong();
    }
    for (int client = 0; client <= CLIENTS_MAX; client++) {
      state.sequences[client] = from.getInt();
      state.outcomes[client] = new Outcome(from.getLong(), from.getLong());
    }
    state.applied = from.getLong();
    state.hash = from.getLong();
    return state;
  }

  public SimState copy() {
    return new SimState(this);
  }

  /** Entries come in order; whoever skips or repeats one is wrong. */
  public Outcome apply(Entry entry) {
    if (entry.index() != applied + 1) {
      throw new AssertionError("APPLY ORDER: " + entry + " applied after index " + applied);
    }
    applied = entry.index();
    hash = (hash * 31 + entry.term()) * 31 + Arrays.hashCode(entry.payload());
    hash ^= hash >>> 31;
    return entry.kind() == Entry.Kind.COMMAND
        ? execute(Command.decode(entry.payload()), entry.index())
        : Outcome.NONE;
  }

  private Outcome execute(Command command, long index) {
    int client = command.client();
    if (command.sequence() > sequences[client]) {
      sequences[client] = command.sequence();
      values[command.key()] = command.value();
      versions[command.key()] = index;
      outcomes[client] = new Outcome(index, ++counts[command.key()]);
      return outcomes[client];
    }
    return command.sequence() == sequences[client] ? outcomes[client] : Outcome.NONE;
  }

  /** What a client's last command did; NONE if that is not its last. */
  public Outcome outcome(int client, int sequence) {
    return sequences[client] == sequence ? outcomes[client] : Outcome.NONE;
  }

  public long value(int key) {
    return values[key];
  }

  public long version(int key) {
    return versions[key];
  }

  public long count(int key) {
    return counts[key];
  }

  public long applied() {
    return applied;
  }

  /** Over all entries ever applied: equal at equal index on all replicas. */
  public long hash() {
    return hash;
  }
}
