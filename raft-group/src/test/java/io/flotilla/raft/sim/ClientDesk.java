package io.flotilla.raft.sim;

import io.flotilla.raft.core.Answer;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.history.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** What clients still wait for at one replica; gone when it crashes. One thread. */
final class ClientDesk {
  private record Asked(int key, long committed, Consumer<Reply> reply) {}

  private record Placed(long term, Consumer<Reply> reply) {}

  private final World world;
  private final Map<Long, Asked> asked = new HashMap<>();
  private final TreeMap<Long, List<Placed>> placed = new TreeMap<>();
  private final TreeMap<Long, List<Asked>> reads = new TreeMap<>();
  private long tokens;

  ClientDesk(World world) {
    this.world = world;
  }

  /**
   * @param committed what is committed anywhere at this moment
   */
  long open(int key, long committed, Consumer<Reply> reply) {
    tokens++;
    asked.put(tokens, new Asked(key, committed, reply));
    return tokens;
  }

  boolean hasAnswered() {
    return asked.isEmpty();
  }

  void take(Answer answer) {
    Asked waiting = asked.remove(answer.token());
    if (waiting == null) {
      throw new AssertionError("ANSWERS: an answer to nothing asked, or a second one: " + answer);
    }
    if (answer instanceof Answer.Appended appended) {
      placed
          .computeIfAbsent(appended.position().index(), index -> new ArrayList<>())
          .add(new Placed(appended.position().term(), waiting.reply()));
    } else if (answer instanceof Answer.Readable readable) {
      world.readsAllThatWasCommitted(readable.index(), waiting.committed());
      reads.computeIfAbsent(readable.index(), index -> new ArrayList<>()).add(waiting);
    } else if (answer instanceof Answer.Refused refused) {
      waiting.reply().accept(new Reply.Refused(elsewhere(refused.refusal())));
    }
  }

  private static Optional<Integer> elsewhere(Refusal refusal) {
    return refusal instanceof Refusal.NotLeader other
        ? other.leader().map(SimReplica::number)
        : Optional.empty();
  }

  void applied(Entry entry, Outcome outcome) {
    List<Placed> here = placed.remove(entry.index());
    if (here != null) {
      for (Placed one : here) {
        one.reply()
            .accept(one.term() == entry.term() ? new Reply.Wrote(outcome) : new Reply.Unknown());
      }
    }
  }

  /** What became of proposals up to there is not seen here any more. */
  void restored(long lastIndex) {
    while (!placed.isEmpty() && placed.firstKey() <= lastIndex) {
      placed.pollFirstEntry().getValue().forEach(one -> one.reply().accept(new Reply.Unknown()));
    }
  }

  void serveReads(SimState state) {
    while (!reads.isEmpty() && reads.firstKey() <= state.applied()) {
      for (Asked read : reads.pollFirstEntry().getValue()) {
        read.reply().accept(new Reply.Read(state.value(read.key())));
      }
    }
  }
}
