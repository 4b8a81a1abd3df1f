/**
 * Returns a first document: servers publish events of their players, and answer requests. It follows GamingAPI's
 * conventions: the version first, one token for each server and player, event names in the past tense, and
 * repeated parts under `components`.
 *
 * @param title The document's title.
 */
export function firstDocument(title: string): string {
  return `asyncapi: 3.0.0
info:
  title: ${JSON.stringify(title)}
  version: 0.1.0
  description: Events of the game's servers, and commands for them.
  contact:
    name: The team
    email: team@example.com
  license:
    name: MIT
    url: https://opensource.org/license/mit
defaultContentType: application/json

servers:
  local:
    host: '{host}:{port}'
    protocol: nats
    description: The NATS server
    variables:
      host:
        default: localhost
      port:
        default: '4222'

channels:
  serverStarted:
    address: v0.game.servers.{server_id}.events.started
    description: A server is up, and lets players in.
    parameters:
      server_id: { $ref: '#/components/parameters/server_id' }
    messages:
      ServerStarted: { $ref: '#/components/messages/ServerStarted' }
  playerChatted:
    address: v0.game.servers.{server_id}.players.{player_id}.events.chatted
    description: A player wrote in the chat.
    parameters:
      server_id: { $ref: '#/components/parameters/server_id' }
      player_id: { $ref: '#/components/parameters/player_id' }
    messages:
      PlayerChatted: { $ref: '#/components/messages/PlayerChatted' }
  kickPlayer:
    address: v0.game.servers.{server_id}.commands.kick
    description: Asks a server to kick a player.
    parameters:
      server_id: { $ref: '#/components/parameters/server_id' }
    messages:
      KickPlayer: { $ref: '#/components/messages/KickPlayer' }
      PlayerKicked: { $ref: '#/components/messages/PlayerKicked' }

operations:
  serverStarted:
    action: send
    description: Published once for each start of a server
    channel: { $ref: '#/channels/serverStarted' }
  playerChatted:
    action: send
    description: Published for every line of chat
    channel: { $ref: '#/channels/playerChatted' }
  kickPlayer:
    action: receive
    description: Kicks a player
    channel: { $ref: '#/channels/kickPlayer' }
    messages:
      - { $ref: '#/channels/kickPlayer/messages/KickPlayer' }
    reply:
      channel: { $ref: '#/channels/kickPlayer' }
      messages:
        - { $ref: '#/channels/kickPlayer/messages/PlayerKicked' }

components:
  parameters:
    server_id:
      description: The server's permanent id
    player_id:
      description: The player's id
  messages:
    ServerStarted:
      payload: { $ref: '#/components/schemas/ServerStarted' }
    PlayerChatted:
      payload: { $ref: '#/components/schemas/PlayerChatted' }
    KickPlayer:
      payload: { $ref: '#/components/schemas/KickPlayer' }
    PlayerKicked:
      payload: { $ref: '#/components/schemas/PlayerKicked' }
  schemas:
    ServerStarted:
      type: object
      required: [started_at]
      properties:
        started_at: { $ref: '#/components/schemas/Time' }
        map:
          type: string
          description: Name of the map
    PlayerChatted:
      type: object
      required: [chatted_at, player_name, text]
      properties:
        chatted_at: { $ref: '#/components/schemas/Time' }
        player_name:
          type: string
          description: Name of the player
        text:
          type: string
          description: Text of the message
    KickPlayer:
      type: object
      required: [player_id, reason]
      properties:
        player_id:
          type: string
          description: Id of the player to kick
        reason:
          type: string
          description: Reason, shown to the player
    PlayerKicked:
      type: object
      required: [was_online]
      properties:
        was_online:
          type: boolean
          description: True if the player was online
    Time:
      type: string
      format: date-time
      description: A point in time
`;
}
