package io.flotilla.rpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An accepted connection: first the greeting, then a {@link Conversation} of its kind. */
final class ServerConnection extends FrameHandler {
  private final RpcServer server;
  private final ServerLimits limits;
  private @Nullable Conversation conversation;

  ServerConnection(Channel channel, RpcServer server) {
    super(channel);
    this.server = server;
    this.limits = server.limits();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    server.opened(this);
    channel()
        .eventLoop()
        .schedule(this::checkGreeted, limits.handshakeMillis(), TimeUnit.MILLISECONDS);
  }

  private void checkGreeted() {
    if (conversation == null && channel().isActive() && !isLeaving()) {
      refuse(ErrorCode.INVALID_REQUEST, "no greeting within " + limits.handshakeMillis() + " ms");
    } else if (conversation != null) {
      checkAlive();
    }
  }

  /** Callers ask for a sign of life when there is silence; so silence means that they are gone. */
  private void checkAlive() {
    if (!channel().isActive() || isLeaving()) {
      return;
    }
    long silentMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastReadNanos());
    boolean listening = channel().config().isAutoRead() || !channel().isWritable();
    if (listening && silentMillis >= limits.silentMillis()) {
      refuse(ErrorCode.UNAVAILABLE, "nothing came for " + silentMillis + " ms");
    } else {
      channel()
          .eventLoop()
          .schedule(this::checkAlive, limits.silentMillis() / 2, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  void onFrame(FrameType type, ByteBuffer body) {
    if (conversation == null) {
      greet(type, body);
    } else if (type == FrameType.PING) {
      pong();
    } else if (type == FrameType.GOODBYE) {
      channel().close();
    } else {
      conversation.onFrame(type, body);
    }
  }

  private void pong() {
    if (channel().isWritable()) { // Who does not read gets no more to read.
      writer().empty(FrameType.PONG);
    }
  }

  private void greet(FrameType type, ByteBuffer body) {
    if (type != FrameType.HELLO) {
      throw new IllegalArgumentException(type + " came where HELLO is allowed");
    }
    Greeting caller = Greeting.decode(body);
    Hello self = server.self();
    checkCluster(caller, self);
    conversation =
        caller.kind() == ConnectionKind.RPC
            ? new ServerCalls(this, server.methods(), limits, server.answerMemory())
            : converseWithPeer(caller, self);
    acceptLargeFrames();
    writer().greeting(new Greeting(caller.kind(), self, caller.hello().node()));
    conversation.onReadStart();
  }

  private static void checkCluster(Greeting caller, Hello self) {
    if (!self.mayMeet(caller.hello())) {
      throw new RpcException(
          ErrorCode.CONFLICT,
          "this process belongs to cluster "
              + self.cluster()
              + ", the caller to "
              + caller.hello().cluster());
    }
    if (caller.expectedNode() != 0 && caller.expectedNode() != self.node()) {
      throw new RpcException(
          ErrorCode.CONFLICT, "this is " + self + ", not node " + caller.expectedNode());
    }
  }

  private Conversation converseWithPeer(Greeting caller, Hello self) {
    PeerAcceptor acceptor = server.acceptor(caller.kind());
    if (acceptor != null) {
      checkPeer(caller, self);
      return new PeerConversation(acceptor.accept(caller.hello()));
    }
    PeerMethods methods = server.peerMethods(caller.kind());
    if (methods != null) {
      checkPeer(caller, self);
      return new ServerCalls(this, methods.of(caller.hello()), limits, server.answerMemory());
    }
    throw new IllegalArgumentException("no " + caller.kind() + " connections are taken here");
  }

  private static void checkPeer(Greeting caller, Hello self) {
    if (caller.hello().role() != self.role() || caller.hello().node() == 0) {
      throw new RpcException(
          ErrorCode.CONFLICT, caller.hello() + " is no peer of " + self + " in its groups");
    }
  }

  @Override
  void onReadStart() {
    if (conversation != null) {
      conversation.onReadStart();
    }
  }

  @Override
  void onReadComplete() {
    if (conversation != null) {
      conversation.onReadComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (conversation != null && !isLeaving()) {
      conversation.onWritabilityChanged();
    }
  }

  @Override
  void onClosed() {
    server.closed(this);
    if (conversation != null) {
      conversation.onClosed();
    }
  }
}
