package io.flotilla.raft.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Replica 1 of a group, alone with a test that plays everybody else. Its disk is the test's to
 * sync.
 */
final class Solo implements LogReader, Chance {
  static final ReplicaId ME = new ReplicaId(1);
  static final ReplicaId TWO = new ReplicaId(2);
  static final ReplicaId THREE = new ReplicaId(3);

  final RaftCore core;
  final List<Integer> drawn = new ArrayList<>();
  private final List<Entry> log = new ArrayList<>();

  Solo(CoreConfig config, Recovered recovered) {
    for (long index = recovered.truncated().index() + 1; index <= recovered.lastIndex(); index++) {
      log.add(new Entry(index, termAt(recovered, index), Entry.Kind.COMMAND, new byte[0]));
    }
    core = new RaftCore(config, ME, recovered, this, this);
  }

  /** A replica of three, with a log of these terms, in the last one of them. */
  static Solo withLog(long... terms) {
    return new Solo(CoreConfig.DEFAULT, recovered(0, terms));
  }

  static Recovered recovered(long applied, long... terms) {
    List<Position> runs = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      if (i == 0 || terms[i] != terms[i - 1]) {
        runs.add(new Position(i + 1L, terms[i]));
      }
    }
    long term = terms.length == 0 ? 0 : terms[terms.length - 1];
    HardState state = new HardState(term, Optional.empty());
    return new Recovered(state, Position.ZERO, runs, terms.length, voters(3), applied);
  }

  static Membership voters(int count) {
    return Membership.of(
        LongStream.rangeClosed(1, count)
            .mapToObj(id -> new Membership.Member(new ReplicaId(id), id))
            .toList());
  }

  /**
   * A leader of three in the term after its log's, whose first entry replica 2 holds: committed.
   */
  static Solo leading(long... terms) {
    Solo solo = withLog(terms);
    solo.core.step(new Input.Campaign());
    solo.drain();
    long term = solo.core.status().term() + 1;
    solo.receive(TWO, new RaftMessage.VoteReply(term, true, true));
    solo.sync();
    solo.receive(TWO, new RaftMessage.VoteReply(term, false, true));
    solo.sync();
    solo.receive(TWO, solo.acknowledging(terms.length + 1));
    solo.sync();
    return solo;
  }

  RaftMessage acknowledging(long match) {
    return new RaftMessage.AppendReply(
        core.status().term(), match, Optional.empty(), 0, new RaftMessage.Progress(match, 0, 0));
  }

  void receive(ReplicaId from, RaftMessage message) {
    core.step(new Input.Received(from, message));
  }

  Effects drain() {
    Effects effects = core.drain();
    effects.restore().ifPresent(restore -> log.clear());
    if (!effects.append().isEmpty()) {
      long first = effects.append().get(0).index();
      log.removeIf(entry -> entry.index() >= first);
      log.addAll(effects.append());
    }
    return effects;
  }

  /** Drains, and makes it durable. */
  Effects sync() {
    Effects effects = drain();
    core.step(new Input.Synced(effects.batch()));
    return effects;
  }

  void tick(int ticks) {
    for (int i = 0; i < ticks; i++) {
      core.step(new Input.Tick());
    }
  }

  static List<RaftMessage> to(ReplicaId to, List<Envelope> envelopes) {
    return envelopes.stream()
        .filter(envelope -> envelope.to().equals(to))
        .map(Envelope::message)
        .collect(Collectors.toList());
  }

  @Override
  public Optional<List<Entry>> entries(long first, long last, long maxBytes) {
    return Optional.of(
        log.stream().filter(entry -> entry.index() >= first && entry.index() <= last).toList());
  }

  @Override
  public int draw(int min, int max) {
    drawn.add(min);
    return min + drawn.size() % 2;
  }

  private static long termAt(Recovered recovered, long index) {
    long term = recovered.truncated().term();
    for (Position run : recovered.terms()) {
      term = run.index() <= index ? run.term() : term;
    }
    return term;
  }
}
