package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.MembershipBytes;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.shard.kv.Sessions.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * One shard: applies {@link Command}s, each write of them atomically and at most once, and keeps
 * the descriptor's replicas as its group's membership has them. The result of an entry is an
 * encoded {@link WriteReply} or {@link ChangeReply}. What is not said to be for any thread is for
 * the one that applies.
 *
 * <p>What an entry of writes does, in this order: log time rises to its stamp; a few expired
 * records go; if it was routed by another version of the shard, or comes after its own last moment,
 * none of its writes is executed; a write that is known to be completed is answered from its
 * record; else it is checked, executed and recorded in the same batch, if its client may have one
 * more record; then records go that the client has acknowledged. Beyond {@link
 * Commands#EFFECT_BYTES_MAX} the rest of an entry's writes has no result: whoever asks for them has
 * them executed, in another.
 */
public final class KvStateMachine implements StateMachine<KvRound> {
  /**
   * Where the logs of new shards begin: see {@code GroupSpec}. Who joins a shard starts from an
   * image, since a shard need not have begun empty, nor with the range and members of now.
   */
  public static final Position BEGIN = new Position(1, 1);

  private static final int EXPIRED_AT_ONCE = 64;

  private final KvStore store;
  private final long shardId;
  private final Changes changes;
  private final ConcurrentMap<Long, ShardState> loaded = new ConcurrentHashMap<>();
  private volatile ShardState state;
  private volatile boolean retired;

  /** Told of shards that were cut off from another one here. */
  @FunctionalInterface
  public interface CutOffs {
    /**
     * One is about to be: from now on it may be asked for, as the other one has its keys no more.
     * Called by an apply thread; must not block.
     */
    default void begins(Shard cutOff) {}

    /**
     * The new shard's state is there; no log names it yet. Called by an apply thread after the
     * batch that cut it off; must not block.
     *
     * @param generation where it is
     */
    void happened(long shard, long generation);
  }

  private KvStateMachine(KvStore store, ShardState state) {
    this.store = store;
    this.shardId = state.shard().getId();
    this.changes = new Changes(store);
    this.state = state;
    state.hold(store.holdings());
  }

  /**
   * Opens the state of a shard as it was left. Blocks on the disk.
   *
   * @param generation that the shard's log names
   * @throws StorageException if there is no state of the shard in it, or it cannot be read
   */
  public static KvStateMachine open(KvStore store, long shardId, long generation)
      throws StorageException {
    return new KvStateMachine(store, ShardState.read(store, shardId, generation));
  }

  /** The shard's descriptor, of which its log is the authority. Any thread. */
  public Shard shard() {
    return state.shard();
  }

  /** The range in the descriptor. Any thread. */
  public KeyRange range() {
    return state.range();
  }

  /** How it is frozen: then it serves nothing, by whatever version. Any thread. */
  public Optional<Frozen> frozen() {
    Shard shard = state.shard();
    return shard.hasFrozen() ? Optional.of(shard.getFrozen()) : Optional.empty();
  }

  /**
   * The descriptor that a crash now would leave, if the log went on naming the generation that is
   * in use now; nothing once it was retired. Any thread; blocks on the disk.
   */
  public Optional<Shard> durableShard() throws StorageException {
    ShardState of = state;
    byte[] descriptor = store.getDurable(KvKeys.descriptor(of.number(), shardId));
    if (of != state) {
      return durableShard(); // meanwhile replaced, it may be meanwhile deleted
    }
    return descriptor == null ? Optional.empty() : Optional.of(ShardState.decode(descriptor));
  }

  /** Reads for who was routed by this version of the shard. Any thread. */
  public KvReads reads(long version) {
    return new KvReads(this::state, version);
  }

  /** Who hears of what this shard cuts off. To be called before anything is applied. */
  public void onCutOff(CutOffs told) {
    changes.onCutOff(told);
  }

  /**
   * Who is asked for a flush of the store when an entry was applied whose durability others wait
   * for. Called by an apply thread after its batch; must not block. To be called before anything is
   * applied.
   */
  public void onFlushWanted(Runnable told) {
    changes.onFlushWanted(told);
  }

  /** Where its state is. Any thread. */
  public long generation() {
    return state.number();
  }

  /** Whether its state has some key of the range in that generation. Any thread. */
  public boolean holds(long generation, KeyRange range) {
    return state.extents().holds(generation, range);
  }

  /** What the shard weighs, in bytes, roughly. Any thread; blocks on the disk. */
  public long approximateBytes() throws StorageException {
    return store.generations().approximateBytes(state.replicated());
  }

  /**
   * A key within the range, not its start, where the data is best cut in two; nothing if there is
   * none. Any thread; blocks on the disk, a bounded while.
   */
  public Optional<ByteString> middle() throws StorageException {
    return new Middle(store, state.extents()).find();
  }

  @Override
  public long appliedIndex() {
    return state.progress().applied();
  }

  @Override
  public long durableIndex() throws StorageException {
    ShardState of = state;
    byte[] progress = store.getDurable(KvKeys.progress(of.number(), shardId));
    long durable = Progress.decode(progress).applied();
    // Meanwhile replaced, it may be meanwhile deleted.
    return of == state ? durable : durableIndex();
  }

  @Override
  public StateImage image() throws StorageException {
    return store
        .generations()
        .image(
            state.generation(),
            state.replicated(),
            view -> Progress.decode(view.get(KvKeys.progress(state.number(), shardId))).applied());
  }

  @Override
  public long load(Path directory, List<SnapshotFile> files)
      throws StorageException, ImageException {
    Generation fresh = store.generations().allot();
    ShardImage image = new ShardImage(shardId, frozenHere(), fresh);
    store.generations().load(fresh, directory, files, image);
    loaded.put(fresh.number(), image.state());
    return fresh.number();
  }

  /** As what it is frozen; not if it has the descriptor only, and waits for an image. */
  private Optional<Shard> frozenHere() throws StorageException {
    ShardState of = state;
    byte[] progress = store.get(KvKeys.progress(of.number(), shardId));
    long applied = Progress.decode(progress).applied();
    return Optional.of(of.shard())
        .filter(shard -> shard.hasFrozen() && applied >= shard.getFrozen().getIndex());
  }

  @Override
  public void adopt(long generation) {
    ShardState before = state;
    ShardState next = takeLoaded(generation);
    next.hold(store.holdings());
    state = next;
    before.retire(store.holdings()); // after the state: who finds it retired looks again
  }

  @Override
  public void discard(long generation) {
    ShardState taken = loaded.remove(generation);
    if (taken != null) {
      taken.retire(store.holdings());
    } else if (!retired) { // which has discarded it
      throw notLoaded(generation);
    }
  }

  private ShardState takeLoaded(long generation) {
    ShardState taken = loaded.remove(generation);
    if (taken == null) {
      throw notLoaded(generation);
    }
    return taken;
  }

  private IllegalStateException notLoaded(long generation) {
    return new IllegalStateException(
        "shard " + shardId + " has not loaded generation " + generation);
  }

  /**
   * The replica is no more, and no log names its state, nor one that was loaded and about to take
   * its place: they are deleted when nobody reads them, except for what another state here has of
   * them, by which it was absorbed. To be called when nothing is applied any more.
   */
  public void retire() {
    retired = true;
    state.retire(store.holdings());
    loaded.keySet().forEach(this::discard);
  }

  ShardState state() {
    return state;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries, KvRound round)
      throws StorageException, UnknownCommandException {
    // Understood to the last before anything is staged: a round holds whole calls or nothing.
    List<Effect> effects = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      effects.add(understand(entry));
    }
    List<byte[]> results = new ArrayList<>(entries.size());
    long resultBytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      if (i > 0 && (round.isFull() || resultBytes > ApplyRound.BYTES_AIM)) {
        break;
      }
      long index = entries.get(i).index();
      Progress progress = state.progress();
      if (index != progress.applied() + 1) {
        throw new IllegalStateException(
            "shard " + shardId + ": entry " + index + " after " + progress.applied());
      }
      byte[] result = effects.get(i).apply(index, round);
      results.add(result);
      resultBytes += result.length;
    }
    if (!results.isEmpty()) {
      round.put(KvKeys.progress(state.number(), shardId), state.progress().encode());
    }
    return results;
  }

  /** What an entry that this version understands does. */
  @FunctionalInterface
  private interface Effect {
    /** Returns its result; the state's progress then is at {@code index}. */
    byte[] apply(long index, KvRound round) throws StorageException;
  }

  private Effect understand(Entry entry) throws UnknownCommandException {
    try {
      return switch (entry.kind()) {
        case COMMAND -> understand(decode(entry));
        case MEMBERSHIP -> {
          Membership members = MembershipBytes.decode(entry.payload());
          yield (index, round) -> {
            changes.members(state, members, round);
            return applied(index);
          };
        }
        case NO_OP -> (index, round) -> applied(index);
      };
    } catch (IllegalArgumentException e) {
      throw new UnknownCommandException(
          "shard " + shardId + ", entry " + entry + ": not a membership", e);
    }
  }

  private Effect understand(Command command) {
    return switch (command.getKindCase()) {
      case WRITE -> (index, round) -> write(command.getWrite(), index, round);
      case SPLIT -> change((index, round) -> changes.split(state, command.getSplit(), round));
      case FREEZE ->
          change((index, round) -> changes.freeze(state, command.getFreeze(), index, round));
      case ABSORB -> change((index, round) -> changes.absorb(state, command.getAbsorb(), round));
      case THAW -> change((index, round) -> changes.thaw(state, command.getThaw(), round));
      case FENCE -> change((index, round) -> changes.fence(state, command.getFence(), round));
      case KIND_NOT_SET -> throw new IllegalStateException("an unknown command was decoded");
    };
  }

  private Effect change(Effect effect) {
    return (index, round) -> {
      applied(index);
      return effect.apply(index, round);
    };
  }

  private Command decode(Entry entry) throws UnknownCommandException {
    String where = "shard " + shardId + ", entry " + entry + ": ";
    try {
      Command command = Command.parseFrom(entry.payload());
      Optional<String> unknown = Commands.unknown(command);
      if (unknown.isPresent()) {
        throw new UnknownCommandException(where + unknown.get());
      }
      return command;
    } catch (InvalidProtocolBufferException e) {
      throw new UnknownCommandException(where + "not a command", e);
    }
  }

  private byte[] applied(long index) {
    state.progress(new Progress(index, state.progress().logTimeMillis()));
    return new byte[0];
  }

  private byte[] write(WriteEntry command, long index, KvRound round) throws StorageException {
    if (state.shard().hasFrozen()) {
      return refused(command, index);
    }
    long logTime = logTime(command);
    byte[] result = apply(command, logTime, index, round).toByteArray();
    state.progress(new Progress(index, logTime));
    return result;
  }

  /**
   * Not even log time goes on, nor a record: they are the neighbour's, once it has absorbed them.
   */
  private byte[] refused(WriteEntry command, long index) {
    Result frozen = result(Result.Status.WRONG_SHARD, "the shard is frozen, to be absorbed");
    applied(index);
    return WriteReply.newBuilder()
        .setApplied(index)
        .addAllResults(Collections.nCopies(command.getWritesCount(), frozen))
        .build()
        .toByteArray();
  }

  private WriteReply apply(WriteEntry command, long logTime, long index, KvRound round)
      throws StorageException {
    int writes = command.getWritesCount();
    state.sessions().expire(logTime, Math.max(EXPIRED_AT_ONCE, 2 * writes), round);
    WriteReply.Builder reply = WriteReply.newBuilder().setApplied(index);
    Optional<Result> refusal = refusal(command, logTime);
    int sizeMax = state.sessions().sizeMax(clientOf(command), command.getAckedBelow());
    long before = round.stagedBytes();
    long returned = 0;
    for (Write write : command.getWritesList()) {
      if (returned + round.stagedBytes() - before > Commands.EFFECT_BYTES_MAX) {
        break;
      }
      Result result =
          refusal.isPresent() ? refusal.get() : once(command, write, sizeMax, index, round);
      reply.addResults(result);
      returned += result.getSerializedSize();
    }
    if (refusal.isEmpty()) {
      state.sessions().forgetAcked(clientOf(command), writes, round);
    }
    return reply.build();
  }

  /**
   * Log time with this entry: its stamp, but not beyond its own last moment. So a leader whose
   * clock is years ahead takes nobody there: its writes are refused, and others may follow. It runs
   * ahead of the stamps where sessions have to end early, by less than what a write lives: the
   * entry's own, and one that is first sent at its stamp.
   */
  private long logTime(WriteEntry command) {
    long stamp = command.getLogTimeMillis();
    long notAfter = command.getNotAfterMillis();
    long logTime = Math.max(state.progress().logTimeMillis(), Math.min(stamp, notAfter));
    long fresh = io.flotilla.session.Session.notAfterMillis(stamp);
    long latest = Math.min(fresh, notAfter) - Sessions.KEPT_MILLIS_MIN;
    return Math.max(logTime, state.sessions().roomFrom(clientOf(command), latest));
  }

  private Optional<Result> refusal(WriteEntry command, long logTime) {
    if (command.getVersion() != state.shard().getEpoch().getVersion()) {
      return Optional.of(
          result(
              Result.Status.WRONG_SHARD,
              "routed by version "
                  + command.getVersion()
                  + ", the shard has version "
                  + state.shard().getEpoch().getVersion()));
    }
    long stamped = Math.max(state.progress().logTimeMillis(), command.getLogTimeMillis());
    if (stamped > command.getNotAfterMillis()) {
      return Optional.of(
          result(Result.Status.SESSION_EXPIRED, "it came after its last moment in log time"));
    }
    if (state.sessions().isFullFor(clientOf(command), logTime)) {
      return Optional.of(
          result(
              Result.Status.OVERLOADED,
              "the shard knows as many clients of these minutes as it has room for"));
    }
    return Optional.empty();
  }

  private Result once(WriteEntry command, Write write, int sizeMax, long index, KvRound round)
      throws StorageException {
    Session session = state.sessions().find(clientOf(command));
    long ackedBelow = Math.max(command.getAckedBelow(), session == null ? 0 : session.ackedBelow());
    if (write.getSeq() < ackedBelow) {
      return result(
          Result.Status.SESSION_EXPIRED,
          "number " + write.getSeq() + " is below " + ackedBelow + ", acknowledged by the client");
    }
    byte[] recordKey = session == null ? null : session.recordKey(write.getSeq());
    if (recordKey != null) {
      return recorded(recordKey, round);
    }
    Operation operation = write.getOperation();
    Optional<String> invalid = Commands.invalid(operation);
    if (invalid.isPresent()) {
      return result(Result.Status.INVALID, invalid.get());
    }
    if (!inRange(operation)) {
      return result(Result.Status.WRONG_SHARD, "a key is not in the shard's range");
    }
    if (session != null && session.size() >= sizeMax) {
      return result(
          Result.Status.OVERLOADED,
          "the client has too many writes at this shard that it has not acknowledged");
    }
    Result result = new Execution(round, state.extents(), valueBytesMax(command)).run(operation);
    ByteString routingKey = Commands.routingKey(operation);
    long generation = state.extents().generationOf(routingKey);
    Place place = new Place(generation, routingKey.toByteArray(), write.getSeq());
    state.sessions().complete(command, index, place, result.toByteString(), round);
    return result;
  }

  private Result recorded(byte[] recordKey, KvRound round) throws StorageException {
    byte[] record = round.get(recordKey);
    if (record == null) {
      throw new StorageException("shard " + shardId + " has lost a completion record");
    }
    try {
      return Result.parseFrom(Completion.decode(record).result());
    } catch (InvalidProtocolBufferException e) {
      throw new StorageException("a completion record of shard " + shardId + " is damaged", e);
    }
  }

  private boolean inRange(Operation operation) {
    if (!operation.hasBatch()) {
      return state.range().contains(Commands.key(operation));
    }
    for (Operation inner : operation.getBatch().getOperationsList()) {
      if (!state.range().contains(Commands.key(inner))) {
        return false;
      }
    }
    return true;
  }

  private static int valueBytesMax(WriteEntry command) {
    int stamped = command.getValueBytesMax();
    return stamped > 0 && stamped < Commands.VALUE_BYTES_MAX ? stamped : Commands.VALUE_BYTES_MAX;
  }

  private static ClientId clientOf(WriteEntry command) {
    return new ClientId(command.getClientHigh(), command.getClientLow());
  }

  private static Result result(Result.Status status, String message) {
    return Result.newBuilder().setStatus(status).setMessage(message).build();
  }
}
