package io.flotilla.rpc;

import io.flotilla.proto.errors.ErrorDetail;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One end of a connection: cuts what arrives into frames, checks length and checksum before
 * anything is decoded, and answers the first bad frame with one GOODBYE. All on the channel's event
 * loop.
 */
abstract class FrameHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(FrameHandler.class);

  /** So that the peer can read the GOODBYE: a close with unread input would destroy it. */
  private static final long LINGER_MILLIS = 1000;

  private final Channel channel;
  private final FrameWriter writer;
  private final CRC32C crc = new CRC32C();
  private @Nullable ByteBuf unread;
  private int lengthMax = FrameType.GREETING_LENGTH_MAX;
  private boolean leaving;
  private long lastReadNanos = System.nanoTime();

  FrameHandler(Channel channel) {
    this.channel = channel;
    this.writer = new FrameWriter(channel);
  }

  /**
   * One whole frame with the right checksum.
   *
   * @param body valid during the call only
   * @throws IllegalArgumentException if it is malformed; its message goes to the peer
   * @throws RpcException if it is refused; its detail goes to the peer
   */
  abstract void onFrame(FrameType type, ByteBuffer body);

  /** Frames are about to come; {@link #onReadComplete} will follow. */
  void onReadStart() {}

  /** All that had arrived was handed over. The writer is flushed afterwards. */
  void onReadComplete() {}

  /** The connection is gone. Once. */
  abstract void onClosed();

  /** It was us who ended it: {@code why} was sent, or is known already. */
  void onLeaving(ErrorDetail why) {}

  final Channel channel() {
    return channel;
  }

  final FrameWriter writer() {
    return writer;
  }

  final boolean isLeaving() {
    return leaving;
  }

  /** When anything last came, by {@link System#nanoTime}. */
  final long lastReadNanos() {
    return lastReadNanos;
  }

  final void acceptLargeFrames() {
    lengthMax = FrameType.LENGTH_MAX;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf data = (ByteBuf) message;
    if (leaving) {
      data.release();
      return;
    }
    lastReadNanos = System.nanoTime();
    ByteBuf all =
        unread == null
            ? data
            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), unread, data);
    unread = all;
    onReadStart();
    try {
      while (!leaving && readFrame(all)) {
        // Until the last whole frame.
      }
    } catch (RpcException e) {
      refuse(e.detail());
    } catch (IllegalArgumentException e) {
      refuse(ErrorCode.INVALID_REQUEST, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("A frame from {} could not be handled", channel.remoteAddress(), e);
      refuse(ErrorCode.INTERNAL, "a frame could not be handled: " + e);
    }
    keepTail(all);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!leaving) {
      onReadComplete();
      writer.flush();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leaving = true;
    writer.discard();
    if (unread != null) {
      unread.release();
      unread = null;
    }
    onClosed();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException) {
      LOG.debug("Connection with {} broke", channel.remoteAddress(), cause);
    } else {
      LOG.error("Connection with {} failed", channel.remoteAddress(), cause);
    }
    context.close();
  }

  /** Says goodbye because of what the peer did, and logs it. */
  final void refuse(ErrorCode code, String message) {
    refuse(ErrorDetail.newBuilder().setCode(code.number()).setMessage(message).build());
  }

  final void refuse(ErrorDetail why) {
    if (!leaving) {
      LOG.warn(
          "Closing the connection with {}: {} {}",
          channel.remoteAddress(),
          ErrorCode.of(why.getCode()),
          why.getMessage());
    }
    leave(why);
  }

  /** Sends the last frame and closes as soon as the peer has, or after a moment. */
  final void leave(ErrorDetail why) {
    if (leaving) {
      return;
    }
    leaving = true;
    onLeaving(why);
    channel.config().setAutoRead(true);
    writer.goodbye(why);
    writer
        .flushLast()
        .addListener(
            sent -> {
              if (channel instanceof DuplexChannel duplex && sent.isSuccess()) {
                duplex.shutdownOutput();
              } else {
                channel.close();
              }
            });
    channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Sends the last frame, if that is possible at once, and closes. */
  final void leaveAtOnce(ErrorDetail why) {
    if (!leaving) {
      leaving = true;
      onLeaving(why);
      writer.goodbye(why);
      writer.flushLast();
    }
    channel.close();
  }

  private boolean readFrame(ByteBuf in) {
    if (in.readableBytes() < Integer.BYTES) {
      return false;
    }
    int start = in.readerIndex();
    long length = in.getUnsignedInt(start);
    if (length < FrameType.LENGTH_MIN || length > lengthMax) {
      throw new IllegalArgumentException(
          "a frame claims " + length + " bytes; " + allowedLengths() + " are allowed");
    }
    if (in.readableBytes() < Integer.BYTES + length) {
      return false;
    }
    ByteBuffer rest = in.nioBuffer(start + 8, (int) length - 4);
    crc.reset();
    crc.update(rest);
    if ((int) crc.getValue() != in.getInt(start + 4)) {
      throw new IllegalArgumentException("a frame of " + length + " bytes has a wrong checksum");
    }
    rest.flip();
    FrameType type = FrameType.of(rest.get());
    in.readerIndex(start + Integer.BYTES + (int) length);
    onFrame(type, rest);
    return true;
  }

  private String allowedLengths() {
    String range = FrameType.LENGTH_MIN + " to " + lengthMax;
    return lengthMax == FrameType.LENGTH_MAX ? range : range + " before the greeting";
  }

  private void keepTail(ByteBuf all) {
    if (unread == null) {
      return;
    }
    if (leaving || !all.isReadable()) {
      all.release();
      unread = null;
    } else {
      all.discardSomeReadBytes();
    }
  }
}
