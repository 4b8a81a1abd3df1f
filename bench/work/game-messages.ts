/** A combat message of a game: what a player did to another, 245 bytes as JSON. */
export const gameEvent = {
  match_id: "b7d1c2f4-eu-12",
  tick: 184_203,
  attacker: { steam_id: "76561198000000001", x: 102.25, y: 14.5, z: -338.75 },
  victim: { steam_id: "76561198000000002", x: 98.5, y: 14.25, z: -301.125 },
  weapon: "rifle.bolt",
  damage: 47.5,
  headshot: true,
};

/** What an admin asks of a game server, 52 bytes as JSON. */
export const gameCommand = { steam_id: "76561198000000001", reason: "cheating" };
