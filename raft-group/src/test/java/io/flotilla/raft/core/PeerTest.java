package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.RaftMessage.Conflict;
import org.junit.jupiter.api.Test;

class PeerTest {
  private static final CoreConfig CONFIG = CoreConfig.DEFAULT;

  private final Peer peer = new Peer(Solo.TWO, 10, CONFIG);

  @Test
  void onlyAnAnswerToTheNewestGuessIsNews() {
    assertThat(peer.isNews(new Conflict(9, 0, 0, 3))).isTrue();
    peer.probe(4);
    assertThat(peer.isNews(new Conflict(9, 0, 0, 3))).isFalse();
    assertThat(peer.isNews(new Conflict(3, 2, 1, 3))).isTrue();
  }

  /** Whatever order replies come in, the next index stays above what has matched. */
  @Test
  void nextStaysAboveMatch() {
    peer.matched(9, 1);
    peer.sentEntries(12, 100, 1);
    peer.matched(12, 1);
    peer.probe(5);
    assertThat(peer.next()).isEqualTo(13);
    peer.matched(20, 2);
    assertThat(peer.next()).isEqualTo(21);
    peer.matched(11, 2);
    assertThat(peer.match()).isEqualTo(20);
    assertThat(peer.next()).isEqualTo(21);
  }

  @Test
  void successOfAnEarlierAppendDoesNotEndTheProbe() {
    peer.matched(4, 1);
    assertThat(peer.state()).isEqualTo(GroupStatus.PeerState.PROBE);
    assertThat(peer.next()).isEqualTo(10);
    peer.matched(9, 1);
    assertThat(peer.state()).isEqualTo(GroupStatus.PeerState.REPLICATE);
  }

  /** What it has applied is committed, so it equals ours; what is only durable may not. */
  @Test
  void connectsByWhatItSurelyHolds() {
    peer.offeredSnapshot(1);
    peer.heard(new RaftMessage.Progress(20, 7, 0), 2);
    assertThat(peer.connects(8)).isFalse();
    peer.heard(new RaftMessage.Progress(20, 8, 0), 3);
    assertThat(peer.connects(8)).isTrue();
    peer.heard(new RaftMessage.Progress(20, 0, 0), 4);
    peer.matched(8, 4);
    assertThat(peer.connects(8)).isTrue();
    assertThat(peer.connects(9)).isFalse();
  }

  @Test
  void windowCountsBytes() {
    peer.matched(9, 1);
    peer.sentEntries(10, CONFIG.inflightBytes() - 1, 1);
    assertThat(peer.wantsEntries(20)).isTrue();
    peer.sentEntries(11, 1, 1);
    assertThat(peer.wantsEntries(20)).isFalse();
    peer.matched(10, 1);
    assertThat(peer.wantsEntries(20)).isTrue();
  }

  @Test
  void silenceWithinTheTickIsNoLoss() {
    peer.matched(9, 1);
    peer.sentEntries(10, 1, 5);
    peer.heardHeartbeat(5);
    assertThat(peer.wantsCheck(10)).isFalse();
    peer.heardHeartbeat(6);
    assertThat(peer.wantsCheck(10)).isTrue();
    peer.sentCheck(6);
    assertThat(peer.wantsCheck(10)).isFalse();
  }
}
