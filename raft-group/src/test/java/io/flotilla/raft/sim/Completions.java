package io.flotilla.raft.sim;

import io.flotilla.raft.history.Outcome;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What of one session's writes took effect, by the rules of the product's shards: a result is kept
 * until the client says that it has it, and what comes below that is not executed any more. Never
 * changes.
 *
 * @param ackedBelow the largest number below which, as an executed write said, all have ended
 * @param outcomes of what was executed, from there on
 */
record Completions(long ackedBelow, NavigableMap<Long, Outcome> outcomes) {
  static final Completions NONE = new Completions(0, new TreeMap<>());

  Optional<Outcome> of(long serial) {
    return Optional.ofNullable(outcomes.get(serial));
  }

  /** Whether a write comes too late to be executed, or to be told what became of it. */
  boolean isTooLate(SimCommand command) {
    return command.sequence() < Math.max(ackedBelow, command.ackedBelow());
  }

  /** Whether it took effect, or is not asked for any more. */
  boolean covers(long serial) {
    return serial < ackedBelow || outcomes.containsKey(serial);
  }

  Completions with(SimCommand command, Outcome outcome) {
    long acked = Math.max(ackedBelow, command.ackedBelow());
    NavigableMap<Long, Outcome> kept = new TreeMap<>(outcomes.tailMap(acked, true));
    kept.put((long) command.sequence(), outcome);
    return new Completions(acked, kept);
  }

  void writeTo(DataOutputStream to) throws IOException {
    to.writeLong(ackedBelow);
    to.writeInt(outcomes.size());
    for (Map.Entry<Long, Outcome> one : outcomes.entrySet()) {
      to.writeLong(one.getKey());
      byte[] outcome = SimCommand.encode(one.getValue());
      to.writeByte(outcome.length);
      to.write(outcome);
    }
  }

  static Completions readFrom(DataInputStream from) throws IOException {
    long ackedBelow = from.readLong();
    NavigableMap<Long, Outcome> outcomes = new TreeMap<>();
    for (int left = from.readInt(); left > 0; left--) {
      outcomes.put(from.readLong(), SimCommand.decodeOutcome(from.readNBytes(from.readByte())));
    }
    return new Completions(ackedBelow, outcomes);
  }
}
