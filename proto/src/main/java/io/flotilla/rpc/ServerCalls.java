package io.flotilla.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.netty.channel.Channel;
import io.netty.util.collection.LongObjectHashMap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of one connection. Nothing more is read while too many are unanswered, or while
 * their answers do not leave.
 */
final class ServerCalls implements Conversation {
  private static final Logger LOG = LoggerFactory.getLogger(ServerCalls.class);

  /** Instead of a deadline for requests that have none. */
  private static final long FOREVER_NANOS = TimeUnit.DAYS.toNanos(36_500);

  private record Answer(ServerCall<?, ?> call, FrameType type, MessageLite message) {
    long bytes() {
      return message.getSerializedSize() + 64L;
    }
  }

  private static final int DRAINED_AT_ONCE = 1024;

  private final FrameHandler connection;
  private final Channel channel;
  private final MethodTable methods;
  private final ServerLimits limits;
  private final AnswerMemory memory;
  private final Outbox<Answer> answers;

  // On the loop.
  private final LongObjectHashMap<ServerCall<?, ?>> open = new LongObjectHashMap<>();
  private long openBytes;

  private volatile boolean givenUp;

  ServerCalls(
      FrameHandler connection, MethodTable methods, ServerLimits limits, AnswerMemory memory) {
    this.connection = connection;
    this.channel = connection.channel();
    this.methods = methods;
    this.limits = limits;
    this.memory = memory;
    this.answers = new Outbox<>(channel.eventLoop(), this::drain, limits.answerBytesMax());
    memory.enter(this);
  }

  /** Any thread. */
  boolean isWritable() {
    return channel.isWritable() && answers.bytes() < channel.config().getWriteBufferHighWaterMark();
  }

  /** Any thread. */
  void send(ServerCall<?, ?> call, FrameType type, MessageLite message) {
    if (givenUp) {
      return;
    }
    Answer answer = new Answer(call, type, message);
    memory.take(answer.bytes());
    if (!answers.offer(answer, answer.bytes())) {
      memory.giveBack(answer.bytes());
      if (channel.isOpen()) {
        giveUp("its answers have " + limits.answerBytesMax());
      }
    }
  }

  /** Of answers that were not written yet. Any thread. */
  long waitingBytes() {
    return answers.bytes();
  }

  /** Whether it is being closed because its answers take too much memory. Any thread. */
  boolean isGivenUp() {
    return givenUp;
  }

  /** Any thread. */
  void giveUp(String bound) {
    if (givenUp) {
      return;
    }
    givenUp = true;
    LOG.warn(
        "Closing the connection with {}: {} bytes of answers wait for it to read; {} bytes at most",
        channel.remoteAddress(),
        answers.bytes(),
        bound);
    channel.close();
  }

  @Override
  public void onFrame(FrameType type, ByteBuffer body) {
    switch (type) {
      case REQUEST -> onRequest(body);
      case CANCEL -> onCancel(body);
      default -> throw new IllegalArgumentException(type + " is not for servers");
    }
  }

  private void onCancel(ByteBuffer body) {
    if (body.remaining() != Long.BYTES) {
      throw new IllegalArgumentException("CANCEL of " + body.remaining() + " bytes; 8 are allowed");
    }
    ServerCall<?, ?> call = open.get(body.getLong());
    if (call != null) {
      forget(call);
      call.close();
    }
  }

  private void onRequest(ByteBuffer body) {
    if (body.remaining() < FrameType.CALL_HEADER_BYTES) {
      throw new IllegalArgumentException("REQUEST of " + body.remaining() + " bytes; 14 is least");
    }
    long id = body.getLong();
    int method = Short.toUnsignedInt(body.getShort());
    long timeoutMillis = Integer.toUnsignedLong(body.getInt());
    if (open.containsKey(id)) {
      throw new IllegalArgumentException("call " + id + " was begun twice");
    }
    MethodTable.Bound<?, ?> bound = methods.find(method);
    if (bound == null) {
      refuse(id, "no method has number " + method + " here");
      return;
    }
    long wait = timeoutMillis == 0 ? FOREVER_NANOS : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    begin(id, bound, body, System.nanoTime() + wait);
  }

  private <Q extends MessageLite, R extends MessageLite> void begin(
      long id, MethodTable.Bound<Q, R> bound, ByteBuffer body, long deadlineNanos) {
    int bytes = body.remaining();
    Q request;
    try {
      request = bound.method().requests().parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      refuse(id, "malformed request of " + bound.method() + ": " + e.getMessage());
      return;
    }
    var call =
        new ServerCall<Q, R>(this, id, bound.method().streaming(), request, bytes, deadlineNanos);
    open.put(id, call);
    openBytes += bytes;
    try {
      bound.handler().handle(call);
    } catch (RpcException e) {
      call.fail(e.detail());
    } catch (RuntimeException e) {
      LOG.error("A request of {} failed", bound.method(), e);
      call.fail(ErrorCode.INTERNAL, bound.method() + " failed: " + e);
    }
  }

  private void refuse(long id, String message) {
    ErrorDetail why = Link.detail(ErrorCode.INVALID_REQUEST, message);
    connection.writer().answer(FrameType.ERROR, id, why);
  }

  @Override
  public void onReadStart() {
    answers.holdUntilDrain();
  }

  @Override
  public void onReadComplete() {
    drain();
  }

  @Override
  public void onWritabilityChanged() {
    readOrNot();
    if (channel.isWritable()) {
      answers.wake(); // later: this may be called amid the writing
    }
  }

  /**
   * A bounded number at a time: who answers without end must not keep the loop from the rest. No
   * more than the socket takes: what is written is copied.
   */
  private void drain() {
    answers.startDrain();
    FrameWriter writer = connection.writer();
    boolean gone = connection.isLeaving() || !channel.isOpen();
    int left = DRAINED_AT_ONCE;
    while (gone || channel.isWritable()) {
      Answer answer = answers.poll();
      if (answer == null) {
        break;
      }
      answers.release(answer.bytes());
      memory.giveBack(answer.bytes());
      ServerCall<?, ?> call = answer.call();
      if (!gone && open.get(call.id()) == call) {
        writer.answer(answer.type(), call.id(), answer.message());
        if (answer.type() != FrameType.STREAM) {
          forget(call);
        }
      }
      left--;
      if (left == 0) {
        answers.wake();
        break;
      }
    }
    if (!gone) {
      writer.flush();
      readOrNot();
    }
  }

  private void forget(ServerCall<?, ?> call) {
    open.remove(call.id());
    openBytes -= call.requestBytes();
  }

  private void readOrNot() {
    boolean read =
        channel.isWritable()
            && open.size() < limits.callsMax()
            && openBytes < limits.callBytesMax();
    if (channel.config().isAutoRead() != read) {
      channel.config().setAutoRead(read);
    }
  }

  @Override
  public void onClosed() {
    List<ServerCall<?, ?>> lost = new ArrayList<>(open.values());
    open.clear();
    drain();
    memory.leave(this);
    for (ServerCall<?, ?> call : lost) {
      try {
        call.close();
      } catch (RuntimeException e) {
        LOG.error("The end of a request could not be handled", e);
      }
    }
  }
}
