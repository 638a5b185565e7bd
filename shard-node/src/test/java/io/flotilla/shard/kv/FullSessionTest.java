package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.session.Session;
import org.junit.jupiter.api.Test;

/** A client whose oldest write is held up elsewhere while others go on, and what comes after. */
final class FullSessionTest extends TwoShards {
  private static final int AT_ONCE = 4096;

  /** All of them answered; a write to another shard, number 1, was open all the time. */
  private long fill(long shard, String keys, long from, int many) throws Exception {
    long seq = from;
    while (seq < from + many) {
      assertThat(writeMany(shard, keys, seq, 1).getResultsList())
          .allMatch(result -> result.getStatus() == Status.OK);
      seq += AT_ONCE;
    }
    return seq;
  }

  private WriteReply writeMany(long shard, String keys, long from, long ackedBelow)
      throws Exception {
    WriteEntry.Builder entry = next(node.shard(shard), 1, ackedBelow);
    for (int i = 0; i < AT_ONCE; i++) {
      entry.addWrites(write(from + i, put(keys, "v")));
    }
    return WriteReply.parseFrom(node.apply(shard, ShardUnderTest.bytes(entry.build())));
  }

  private int size(long shard) {
    return node.machine(shard).state().sessions().find(new ClientId(0, 1)).size();
  }

  private Result one(long seq, long ackedBelow) throws Exception {
    return run(LEFT, next(node.shard(LEFT), 1, ackedBelow).addWrites(write(seq, put("c", "w"))));
  }

  @Test
  void whoHasAcknowledgedNothingIsRefusedForTheTimeBeing() throws Exception {
    long seq = fill(LEFT, "c", 2, Sessions.OPEN_MAX);
    Result refused = one(seq, 1);
    assertThat(refused.getStatus()).as(refused.getMessage()).isEqualTo(Status.OVERLOADED);
    assertThat(size(LEFT)).isEqualTo(Sessions.OPEN_MAX);
    assertThat(value(LEFT, "c")).isEqualTo("v");
    assertThat(one(2, 1).getStatus()).as("its records stay").isEqualTo(Status.OK);
    assertThat(value(LEFT, "c")).isEqualTo("v");
    assertThat(one(seq, 3).getStatus()).as("one is acknowledged").isEqualTo(Status.OK);
    assertThat(one(seq + 1, 3).getStatus()).isEqualTo(Status.OVERLOADED);
    Result forgotten = one(2, 1);
    assertThat(forgotten.getStatus()).isEqualTo(Status.SESSION_EXPIRED);
  }

  @Test
  void whoHasAcknowledgedAllItsWritesMayWriteAgain() throws Exception {
    long seq = fill(LEFT, "c", 2, Sessions.OPEN_MAX);
    for (int i = 0; i < 200; i++) { // the one that was held up has ended: all below seq is answered
      Result last = one(seq, seq);
      assertThat(last.getStatus()).as(last.getMessage()).isEqualTo(Status.OK);
      seq++;
    }
    assertThat(size(LEFT)).as("the others are forgotten").isEqualTo(1);
  }

  /** Each is within what a client holds itself to at one shard. */
  @Test
  void whoWasWithinItsBoundsInBothShardsIsSoInTheOneTheyBecome() throws Exception {
    long seq = fill(LEFT, "c", 2, Session.WINDOW_PER_SHARD - AT_ONCE);
    seq = fill(RIGHT, "x", seq, Session.WINDOW_PER_SHARD - AT_ONCE);
    merge(RIGHT, LEFT);
    Result result = one(seq, 1);
    assertThat(result.getStatus()).as(result.getMessage()).isEqualTo(Status.OK);
  }

  /** Nobody is refused for good because of what was put together. */
  @Test
  void whoIsBeyondTheBoundAfterAMergeGoesOnOnceItHasAcknowledged() throws Exception {
    long seq = fill(LEFT, "c", 2, Sessions.OPEN_MAX - AT_ONCE);
    seq = fill(RIGHT, "x", seq, Sessions.OPEN_MAX - AT_ONCE);
    merge(RIGHT, LEFT);
    assertThat(one(seq, 1).getStatus()).isEqualTo(Status.OVERLOADED);
    assertThat(one(seq, seq).getStatus()).isEqualTo(Status.OK);
  }

  /** As with {@code limits.request-operations-max} at 4096, which is allowed. */
  @Test
  void whoSendsAsManyAsMayBeSentAndAcknowledgesThemAllIsNotRefused() throws Exception {
    long seq = 1;
    for (int request = 0; request < 40; request++) {
      assertThat(writeMany(LEFT, "c", seq, seq).getResultsList())
          .as("request %d", request)
          .hasSize(AT_ONCE)
          .allMatch(result -> result.getStatus() == Status.OK);
      assertThat(size(LEFT)).isEqualTo(AT_ONCE);
      seq += AT_ONCE;
    }
  }
}
