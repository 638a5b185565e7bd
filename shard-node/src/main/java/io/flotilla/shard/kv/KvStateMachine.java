package io.flotilla.shard.kv;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One shard: applies {@link WriteEntry} commands, each write of them atomically and at most once.
 * The result of an entry is an encoded {@link WriteReply}. Apart from {@link #shard} and {@link
 * #reads}, everything is for the one thread that applies.
 *
 * <p>What an entry does, in this order: log time rises to its stamp; a few expired records go; if
 * it was routed by another version of the shard, or comes after its own last moment, none of its
 * writes is executed; a write that is known to be completed is answered from its record; else it is
 * checked, executed and recorded in the same batch.
 */
public final class KvStateMachine implements StateMachine<KvRound> {
  private static final int EXPIRED_AT_ONCE = 64;
  private static final int SESSION_RECORDS_MAX = 1 << 16;

  private final Shard shard;
  private final KeyRange range;
  private final long generation;
  private final Sessions sessions;
  private final KvReads reads;
  private Progress progress;

  private KvStateMachine(Shard shard, Progress progress, Sessions sessions, KvReads reads) {
    this.shard = shard;
    this.range = KeyRange.of(shard);
    this.generation = shard.getId();
    this.progress = progress;
    this.sessions = sessions;
    this.reads = reads;
  }

  /**
   * Opens the state of a shard as it was left. Blocks on the disk.
   *
   * @throws StorageException if it was never created here, or cannot be read
   */
  public static KvStateMachine open(KvStore store, long shardId) throws StorageException {
    byte[] descriptor = store.get(KvKeys.descriptor(shardId));
    if (descriptor == null) {
      throw new StorageException("there is no state of shard " + shardId);
    }
    try {
      return new KvStateMachine(
          Shard.parseFrom(descriptor),
          Progress.decode(store.get(KvKeys.progress(shardId))),
          Sessions.load(store, shardId),
          new KvReads(store, shardId));
    } catch (InvalidProtocolBufferException e) {
      throw new StorageException("the descriptor of shard " + shardId + " is damaged", e);
    }
  }

  /** The shard's descriptor, of which its log is the authority. Any thread. */
  public Shard shard() {
    return shard;
  }

  /** Any thread. */
  public KvReads reads() {
    return reads;
  }

  @Override
  public long appliedIndex() {
    return progress.applied();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries, KvRound round)
      throws StorageException, UnknownCommandException {
    // Understood to the last before anything is staged: a round holds whole calls or nothing.
    List<@Nullable WriteEntry> commands = decode(entries);
    List<byte[]> results = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      long index = entries.get(i).index();
      if (index != progress.applied() + 1) {
        throw new IllegalStateException(
            "shard " + generation + ": entry " + index + " after " + progress.applied());
      }
      WriteEntry command = commands.get(i);
      results.add(command == null ? new byte[0] : apply(command, index, round).toByteArray());
      long logTime = command == null ? 0 : command.getLogTimeMillis();
      progress = new Progress(index, Math.max(progress.logTimeMillis(), logTime));
    }
    if (!entries.isEmpty()) {
      round.put(KvKeys.progress(generation), progress.encode());
    }
    return results;
  }

  private List<@Nullable WriteEntry> decode(List<Entry> entries) throws UnknownCommandException {
    List<@Nullable WriteEntry> commands = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      commands.add(entry.kind() == Entry.Kind.COMMAND ? decode(entry) : null);
    }
    return commands;
  }

  private WriteEntry decode(Entry entry) throws UnknownCommandException {
    String where = "shard " + generation + ", entry " + entry + ": ";
    try {
      WriteEntry command = WriteEntry.parseFrom(entry.payload());
      Optional<String> unknown =
          command.getUnknownFields().isEmpty()
              ? Commands.unknown(command.getWritesList())
              : Optional.of("a command with unknown fields");
      if (unknown.isPresent()) {
        throw new UnknownCommandException(where + unknown.get());
      }
      return command;
    } catch (InvalidProtocolBufferException e) {
      throw new UnknownCommandException(where + "not a command", e);
    }
  }

  private WriteReply apply(WriteEntry command, long index, KvRound round) throws StorageException {
    long logTime = Math.max(progress.logTimeMillis(), command.getLogTimeMillis());
    int writes = command.getWritesCount();
    sessions.expire(logTime, Math.max(EXPIRED_AT_ONCE, 2 * writes), round);
    WriteReply.Builder reply = WriteReply.newBuilder().setApplied(index);
    Optional<Result> refusal = refusal(command, logTime);
    for (Write write : command.getWritesList()) {
      reply.addResults(refusal.isPresent() ? refusal.get() : once(command, write, index, round));
    }
    if (refusal.isEmpty()) {
      sessions.forgetAcked(clientOf(command), round);
    }
    return reply.build();
  }

  private Optional<Result> refusal(WriteEntry command, long logTime) {
    if (command.getVersion() != shard.getEpoch().getVersion()) {
      return Optional.of(
          result(
              Result.Status.WRONG_SHARD,
              "routed by version "
                  + command.getVersion()
                  + ", the shard has version "
                  + shard.getEpoch().getVersion()));
    }
    if (logTime > command.getNotAfterMillis()) {
      return Optional.of(
          result(Result.Status.SESSION_EXPIRED, "it came after its last moment in log time"));
    }
    return Optional.empty();
  }

  private Result once(WriteEntry command, Write write, long index, KvRound round)
      throws StorageException {
    Session session = sessions.find(clientOf(command));
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
    if (invalid.isEmpty() && session != null && session.size() >= SESSION_RECORDS_MAX) {
      invalid = Optional.of("the client has too many writes that it has not acknowledged");
    }
    if (invalid.isPresent()) {
      return result(Result.Status.INVALID, invalid.get());
    }
    if (!inRange(operation)) {
      return result(Result.Status.WRONG_SHARD, "a key is not in the shard's range");
    }
    Result result = new Execution(round, generation, valueBytesMax(command)).run(operation);
    byte[] routingKey = Commands.routingKey(operation).toByteArray();
    sessions.complete(command, index, write.getSeq(), routingKey, result.toByteString(), round);
    return result;
  }

  private Result recorded(byte[] recordKey, KvRound round) throws StorageException {
    byte[] record = round.get(recordKey);
    if (record == null) {
      throw new StorageException("shard " + generation + " has lost a completion record");
    }
    try {
      return Result.parseFrom(Completion.decode(record).result());
    } catch (InvalidProtocolBufferException e) {
      throw new StorageException("a completion record of shard " + generation + " is damaged", e);
    }
  }

  private boolean inRange(Operation operation) {
    if (!operation.hasBatch()) {
      return range.contains(Commands.key(operation));
    }
    for (Operation inner : operation.getBatch().getOperationsList()) {
      if (!range.contains(Commands.key(inner))) {
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
