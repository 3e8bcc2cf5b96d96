/** Streets of each of Milan's nine districts. */
export const streets: Record<number, readonly string[]> = {
  1: [
    'via Torino',
    'corso Magenta',
    'via Brera',
    'corso Garibaldi',
    'via Solferino',
    'corso di Porta Romana',
  ],
  2: [
    'via Padova',
    'viale Monza',
    'via Melchiorre Gioia',
    'via Venini',
    'via Ferrante Aporti',
    'via Palmanova',
  ],
  3: ['via Rombon', 'viale Romagna', 'via Porpora', 'corso Buenos Aires', 'via Feltre', 'viale Abruzzi'],
  4: ['corso Lodi', 'via Mecenate', 'viale Corsica', 'corso XXII Marzo', 'via Salomone', 'viale Umbria'],
  5: ['via Ripamonti', 'viale Tibaldi', 'via dei Missaglia', 'via Meda', 'viale Bligny', 'via Chiesa Rossa'],
  6: ['via Lorenteggio', 'via Giambellino', 'corso San Gottardo', 'via Foppa', 'via Savona', 'via Inganni'],
  7: [
    'via Novara',
    'via Washington',
    'via delle Forze Armate',
    'viale Murillo',
    'via Rubens',
    'via Bianca Milesi',
  ],
  8: ['viale Certosa', 'via Mac Mahon', 'via Gallarate', 'corso Sempione', 'via Villapizzone', 'via Cenisio'],
  9: [
    'via Farini',
    'viale Zara',
    'via Imbonati',
    'viale Fulvio Testi',
    'via Comasina',
    'via Pellegrino Rossi',
  ],
}

/** People who live outside and deal with the city. */
export const neighbours = [
  'Sesto San Giovanni',
  'Cinisello Balsamo',
  'Rho',
  'Corsico',
  'San Donato Milanese',
  'Segrate',
  'Buccinasco',
  'Bollate',
] as const
