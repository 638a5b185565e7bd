package io.flotilla.rpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Puts frames one behind the other into few buffers. On the channel's event loop only. */
final class FrameWriter {
  private static final int BATCH_BYTES = 16 * 1024;

  private final Channel channel;
  private final CRC32C crc = new CRC32C();
  private @Nullable ByteBuf batch;
  private boolean unflushed;
  private FrameType type = FrameType.PING;
  private int bodyBytes;

  FrameWriter(Channel channel) {
    this.channel = channel;
  }

  /**
   * The place for a frame's body, to be filled and then sealed with {@link #end}. A frame that is
   * begun and not ended leaves no trace.
   */
  ByteBuffer begin(FrameType type, int bodyBytes) {
    if (bodyBytes > FrameType.BODY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a frame of " + bodyBytes + " bytes; allowed are " + FrameType.BODY_BYTES_MAX);
    }
    this.type = type;
    this.bodyBytes = bodyBytes;
    ByteBuf space = batchWith(FrameType.HEADER_BYTES + bodyBytes);
    return space.internalNioBuffer(space.writerIndex() + FrameType.HEADER_BYTES, bodyBytes);
  }

  /** Seals the frame that was begun. */
  void end() {
    ByteBuf space = batchWith(0);
    int start = space.writerIndex();
    space.setByte(start + 8, type.number());
    crc.reset();
    crc.update(space.internalNioBuffer(start + 8, bodyBytes + 1));
    space.setInt(start, bodyBytes + FrameType.LENGTH_MIN);
    space.setInt(start + 4, (int) crc.getValue());
    space.writerIndex(start + FrameType.HEADER_BYTES + bodyBytes);
  }

  void empty(FrameType type) {
    begin(type, 0);
    end();
  }

  void greeting(Greeting greeting) {
    greeting.encode(begin(FrameType.HELLO, greeting.encodedBytes()));
    end();
  }

  void goodbye(MessageLite detail) {
    int size = detail.getSerializedSize();
    put(detail, begin(FrameType.GOODBYE, size));
    end();
  }

  void request(long call, int method, int timeoutMillis, MessageLite message) {
    int size = message.getSerializedSize();
    ByteBuffer body = begin(FrameType.REQUEST, FrameType.CALL_HEADER_BYTES + size);
    body.putLong(call).putShort((short) method).putInt(timeoutMillis);
    put(message, body);
    end();
  }

  /** A REPLY, STREAM or ERROR. */
  void answer(FrameType type, long call, MessageLite message) {
    ByteBuffer body = begin(type, Long.BYTES + message.getSerializedSize());
    body.putLong(call);
    put(message, body);
    end();
  }

  void cancel(long call) {
    begin(FrameType.CANCEL, Long.BYTES).putLong(call);
    end();
  }

  /** Lets all that was ended go; whether it goes is told by the channel's closing. */
  void flush() {
    push();
    if (unflushed) {
      unflushed = false;
      channel.flush();
    }
  }

  /** Lets all that was ended go, and says when it has gone. */
  ChannelFuture flushLast() {
    ByteBuf last = batch == null ? channel.alloc().ioBuffer(0) : batch;
    batch = null;
    unflushed = false;
    return channel.writeAndFlush(last);
  }

  /** Forgets what was not flushed: the channel is closed. */
  void discard() {
    if (batch != null) {
      batch.release();
      batch = null;
    }
  }

  private ByteBuf batchWith(int bytes) {
    if (batch != null && batch.writableBytes() < bytes) {
      push();
    }
    if (batch == null) {
      int capacity = Math.max(bytes, BATCH_BYTES);
      batch = channel.alloc().ioBuffer(capacity, capacity);
    }
    return batch;
  }

  private void push() {
    if (batch == null) {
      return;
    }
    ByteBuf full = batch;
    batch = null;
    if (full.isReadable()) {
      unflushed = true;
      channel.write(full, channel.voidPromise());
    } else {
      full.release();
    }
  }

  private static void put(MessageLite message, ByteBuffer body) {
    CodedOutputStream out = CodedOutputStream.newInstance(body);
    try {
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new IllegalStateException("a message outgrew its own size", e);
    }
  }
}
