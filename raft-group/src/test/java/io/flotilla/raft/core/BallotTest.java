package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Ballot.Outcome;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BallotTest {
  private final Ballot ballot = new Ballot(new Membership(members(1, 5), List.of(), members(6, 7)));

  @Test
  void aRepeatedReplyCountsOnce() {
    assertThat(record(1, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(2, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(2, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(1, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(3, true)).isEqualTo(Outcome.WON);
  }

  @Test
  void theFirstReplyStands() {
    record(1, true);
    record(2, false);
    assertThat(record(2, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(3, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(4, true)).isEqualTo(Outcome.WON);
  }

  @Test
  void lostAsSoonAsNoMajorityIsLeft() {
    assertThat(record(1, false)).isEqualTo(Outcome.OPEN);
    assertThat(record(2, false)).isEqualTo(Outcome.OPEN);
    assertThat(record(3, false)).isEqualTo(Outcome.LOST);
  }

  @Test
  void learnersAndStrangersHaveNoVote() {
    record(1, true);
    record(2, true);
    assertThat(record(6, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(7, true)).isEqualTo(Outcome.OPEN);
    assertThat(record(99, true)).isEqualTo(Outcome.OPEN);
  }

  private Outcome record(long from, boolean granted) {
    return ballot.record(new ReplicaId(from), granted);
  }

  private static List<Membership.Member> members(long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(id -> new Membership.Member(new ReplicaId(id), id))
        .toList();
  }
}
