package io.flotilla.deploy.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.Faults;
import io.flotilla.raft.sim.World;
import io.flotilla.router.map.KeyCodec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The judge finds what it is for: a judge that cannot fail would make every seed green. */
class KeyOwnersTest {
  private static final KeyCodec KEYS = new KeyCodec(1, Partitioning.RANGE);
  private static final ByteString SERVED = key("a");
  private static final ByteString CUT = key("m");
  private static final ByteString MOVED = key("x");
  private static final long SECOND = 1_000_000;

  private final World world = new World(new Chance(1), Faults.draw(new Chance(1)), 3, 3, false);
  private final KeyOwners owners = new KeyOwners(world);
  private final Shard whole = shard(1, 1, KEYS.start(), KEYS.end()).build();

  @BeforeEach
  void oneShardHoldsAll() {
    owners.learn(whole);
  }

  private static ByteString key(String text) {
    return KEYS.encode(ByteString.copyFromUtf8(text));
  }

  private static Shard.Builder shard(long id, long version, ByteString start, ByteString end) {
    return Shard.newBuilder()
        .setId(id)
        .setKeyspace(1)
        .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1))
        .setStart(start)
        .setEnd(end);
  }

  /** The whole, cut in two where each part says that its bound is. */
  private static Shard cut(ByteString end, ByteString start) {
    return shard(1, 2, KEYS.start(), end).addCutOff(shard(2, 2, start, KEYS.end())).build();
  }

  private void passesTime() {
    world.clock().after(SECOND, () -> {});
    world.clock().runUntil(SECOND, () -> false);
  }

  private void reads(long shard, ByteString key, long arrivedMicros) {
    ReadRequest request = ReadRequest.newBuilder().setShard(shard).addKeys(key).build();
    owners.replied("node", request, ReadReply.getDefaultInstance(), arrivedMicros);
  }

  private void writes(long shard, ByteString key, Result.Status status, long arrivedMicros) {
    Put put = Put.newBuilder().setKey(key).build();
    WriteRequest request =
        WriteRequest.newBuilder()
            .setShard(shard)
            .addWrites(Write.newBuilder().setOperation(Operation.newBuilder().setPut(put)))
            .build();
    WriteReply reply =
        WriteReply.newBuilder().addResults(Result.newBuilder().setStatus(status)).build();
    owners.replied("node", request, reply, arrivedMicros);
  }

  @Test
  void whatTheOwnerAnswersIsCounted() {
    reads(1, SERVED, 0);
    writes(1, MOVED, Result.Status.OK, 0);
    assertThat(world.counts().of(FaultKind.OWNER)).isEqualTo(2);
  }

  @Test
  void whoGaveAKeyAwayAnswersForItNoMore() {
    reads(1, MOVED, 0);
    passesTime();
    owners.learn(cut(CUT, CUT));
    passesTime();
    assertThatCode(() -> reads(1, MOVED, SECOND)).as("asked before").doesNotThrowAnyException();
    assertThatThrownBy(() -> reads(1, MOVED, SECOND + 1)).hasMessageStartingWith("OWNERS");
    assertThatThrownBy(() -> writes(1, MOVED, Result.Status.OK, SECOND + 1))
        .hasMessageStartingWith("OWNERS");
    assertThatThrownBy(() -> reads(2, SERVED, SECOND + 1)).hasMessageStartingWith("OWNERS");
    assertThatCode(() -> reads(2, MOVED, SECOND + 1)).doesNotThrowAnyException();
  }

  /** Nobody has looked at the key before, and it has not always been where it is. */
  @Test
  void whoWasAskedBeforeTheCutMayAnswerForAKeyThatIsNew() {
    passesTime();
    owners.learn(cut(CUT, CUT));
    assertThatCode(() -> reads(1, MOVED, SECOND)).doesNotThrowAnyException();
    assertThatThrownBy(() -> reads(1, MOVED, SECOND + 1)).hasMessageStartingWith("OWNERS");
  }

  @Test
  void scansAreAnswersForEachKeyAndSessionsPromiseLess() {
    owners.learn(cut(CUT, CUT));
    ScanReply page = ScanReply.newBuilder().addPairs(KeyValue.newBuilder().setKey(MOVED)).build();
    ScanRequest scan = ScanRequest.newBuilder().setShard(1).build();
    assertThatThrownBy(() -> owners.replied("node", scan, page, SECOND))
        .hasMessageStartingWith("OWNERS");
    ScanRequest inSession = scan.toBuilder().setLevel(ReadLevel.SESSION).build();
    assertThatCode(() -> owners.replied("node", inSession, page, SECOND))
        .doesNotThrowAnyException();
  }

  @Test
  void aKeyThatNobodyHoldsIsLost() {
    assertThatThrownBy(() -> owners.learn(cut(CUT, key("n")))).hasMessageStartingWith("TILING");
  }

  @Test
  void aKeyThatTwoHoldIsFound() {
    assertThatThrownBy(() -> owners.learn(cut(CUT, key("l")))).hasMessageStartingWith("TILING");
  }

  @Test
  void theEndOfAKeyspaceIsNotLost() {
    Shard shorter = shard(1, 2, KEYS.start(), CUT).build();
    assertThatThrownBy(() -> owners.learn(shorter)).hasMessageStartingWith("TILING");
  }

  @Test
  void oneVersionHasOneRange() {
    Shard other = shard(1, 1, KEYS.start(), CUT).build();
    assertThatThrownBy(() -> owners.learn(other)).hasMessageStartingWith("VERSIONS");
  }

  @Test
  void whatWasAbsorbedDoesNotGoOn() {
    owners.learn(cut(CUT, CUT));
    Shard.Builder source = shard(2, 3, CUT, KEYS.end());
    source.getFrozenBuilder().setInto(1);
    owners.learn(source.build());
    owners.learn(shard(1, 4, KEYS.start(), KEYS.end()).build());
    reads(1, MOVED, 0);
    assertThatThrownBy(() -> owners.learn(shard(2, 4, CUT, KEYS.end()).build()))
        .hasMessageStartingWith("MERGE");
  }
}
