import type { Language } from '#contract/domain/citizen.ts'
import type { Gender } from './fiscal-code.ts'

/** Given names by the generation that bore them. */
export const italianNames: Record<'old' | 'middle' | 'young', Record<Gender, readonly string[]>> = {
  old: {
    female: split(
      'Maria Anna Giuseppina Rosa Angela Giovanna Teresa Lucia Carmela Caterina Francesca Antonietta Carla Elena Concetta Rita Margherita Franca Luisa Ornella Silvana Graziella Mariangela Bruna Piera Adriana Luigia Renata Ines Pinuccia',
    ),
    male: split(
      'Giuseppe Giovanni Antonio Mario Luigi Francesco Angelo Vincenzo Pietro Salvatore Carlo Franco Domenico Bruno Giorgio Renzo Sergio Aldo Gianfranco Ambrogio Luciano Renato Ettore Cesare Enzo Piero Walter Dario Osvaldo Achille',
    ),
  },
  middle: {
    female: split(
      'Laura Paola Daniela Barbara Silvia Elisabetta Cristina Monica Roberta Patrizia Alessandra Simona Stefania Federica Valentina Elisa Michela Sabrina Manuela Raffaella Lorena Nadia Claudia Emanuela Cinzia Katia Marina Sonia Ilaria Donatella',
    ),
    male: split(
      'Marco Andrea Stefano Paolo Alessandro Roberto Massimo Fabio Davide Luca Claudio Maurizio Daniele Matteo Simone Fabrizio Cristian Alberto Giancarlo Michele Riccardo Emanuele Enrico Diego Ivan Omar Gianluca Corrado Nicola Filippo',
    ),
  },
  young: {
    female: split(
      'Sofia Giulia Aurora Alice Ginevra Emma Giorgia Beatrice Greta Vittoria Martina Chiara Anna Ludovica Matilde Camilla Bianca Nicole Gaia Arianna Rebecca Noemi Viola Mia Azzurra Irene Margherita Carlotta Eva Zoe',
    ),
    male: split(
      'Leonardo Francesco Tommaso Edoardo Alessandro Lorenzo Mattia Gabriele Riccardo Andrea Diego Matteo Giuseppe Federico Nicolò Pietro Samuele Jacopo Filippo Christian Elia Gioele Enea Michele Liam Brando Ettore Thomas Achille Noah',
    ),
  },
}

/** Frequent in and around Milan; the others come from all of Italy. */
export const milaneseFamilies = split(
  'Rossi Colombo Ferrari Bianchi Villa Brambilla Russo Fumagalli Galli Riva Sala Cattaneo Fontana Mariani Esposito Pozzi Rizzi Beretta Bruno Monti Barbieri Crippa Caputo Moretti Motta Longoni Casati Redaelli Galbiati Cerri Vismara Pirovano Ronchi Mauri Radice Meroni Colnaghi Porro Viganò Perego',
)

export type ForeignCommunity = {
  language: Language
  weight: number
  birthplace: string
  /** No code for births before the country was one. */
  bornFrom: number
  families: readonly string[]
  female: readonly string[]
  male: readonly string[]
}

export const foreignCommunities: readonly ForeignCommunity[] = [
  {
    language: 'ar',
    weight: 20,
    birthplace: 'Z336',
    bornFrom: 1955,
    families: split('Mohamed Hassan Ibrahim Mahmoud Ahmed Abdelrahman Mostafa Saleh Farag Girgis'),
    female: split('Fatma Mariam Nour Salma Heba Amira Mona Rania'),
    male: split('Ahmed Mohamed Mina Karim Youssef Hany Tarek Walid'),
  },
  {
    language: 'tl',
    weight: 18,
    birthplace: 'Z216',
    bornFrom: 1950,
    families: split('Reyes Santos Cruz Bautista Ramos Mendoza Garcia Villanueva Castillo Aquino'),
    female: split('Maricel Jocelyn Rowena Marites Angelica Cristina Grace Lourdes'),
    male: split('Rodel Jonathan Ernesto Rommel Edgar Joel Ronaldo Mark'),
  },
  {
    language: 'zh',
    weight: 14,
    birthplace: 'Z210',
    bornFrom: 1955,
    families: split('Hu Chen Zhang Wang Zhou Lin Wu Li Xu Zheng'),
    female: split('Lihua Xiaomei Yan Meiling Jing Xue Ping Li'),
    male: split('Wei Jian Xiaodong Ming Jun Hao Lei Guang'),
  },
  {
    language: 'es',
    weight: 12,
    birthplace: 'Z611',
    bornFrom: 1950,
    families: split('Quispe Flores Sanchez Rojas Huaman Torres Vargas Gutierrez Chavez Castro'),
    female: split('Rosario Milagros Carmen Yolanda Jessica Luz Ana Pilar'),
    male: split('Jorge Luis Carlos Miguel Jose Cesar Victor Julio'),
  },
  {
    language: 'ro',
    weight: 10,
    birthplace: 'Z129',
    bornFrom: 1950,
    families: split('Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Matei Ciobanu'),
    female: split('Elena Mihaela Ioana Andreea Cristina Daniela Gabriela Alina'),
    male: split('Andrei Mihai Ionut Alexandru Florin Adrian Cristian Vasile'),
  },
  {
    language: 'uk',
    weight: 8,
    birthplace: 'Z138',
    bornFrom: 1992,
    families: split('Kovalenko Shevchenko Bondarenko Tkachenko Kravchenko Oliynyk Melnyk Boyko'),
    female: split('Oksana Iryna Natalia Olena Svitlana Tetiana Halyna Yulia'),
    male: split('Oleksandr Andriy Serhiy Volodymyr Mykola Dmytro Ihor Taras'),
  },
  {
    language: 'si',
    weight: 8,
    birthplace: 'Z209',
    bornFrom: 1955,
    families: split('Perera Fernando Silva Fonseka Warnakulasuriya Kurera Jayasinghe Dias'),
    female: split('Nilmini Chandani Sanduni Kumari Dilini Malini'),
    male: split('Nimal Ruwan Sanjeewa Chaminda Asanka Nuwan'),
  },
  {
    language: 'bn',
    weight: 5,
    birthplace: 'Z249',
    bornFrom: 1973,
    families: split('Hossain Islam Rahman Ahmed Miah Uddin Khan Begum'),
    female: split('Nasrin Shirin Farzana Ayesha Sultana Rumana'),
    male: split('Mohammad Kamal Jahangir Rafiqul Shahin Abdul'),
  },
  {
    language: 'en',
    weight: 3,
    birthplace: 'Z114',
    bornFrom: 1945,
    families: split('Taylor Walker Hughes Bennett Cooper Parker'),
    female: split('Emily Charlotte Sarah Rachel Helen'),
    male: split('Thomas Oliver Andrew Simon Peter'),
  },
  {
    language: 'fr',
    weight: 2,
    birthplace: 'Z110',
    bornFrom: 1945,
    families: split('Martin Bernard Dubois Moreau Girard Lefebvre'),
    female: split('Claire Camille Sophie Nathalie Isabelle'),
    male: split('Julien Nicolas Philippe Antoine Mathieu'),
  },
]

/** Belfiore codes of birthplaces in Italy and their weight: the city itself first, then where its people came from. */
export const italianBirthplaces: readonly (readonly [string, number])[] = [
  ['F205', 60],
  ['F704', 3],
  ['H501', 3],
  ['F839', 4],
  ['L219', 2],
  ['G273', 3],
  ['A662', 3],
  ['C351', 2],
  ['B157', 2],
  ['A794', 2],
  ['C933', 1],
  ['G388', 1],
  ['D969', 2],
  ['A944', 1],
  ['D612', 1],
  ['H224', 3],
  ['D643', 2],
  ['E506', 2],
]

function split(names: string): string[] {
  return names.split(' ')
}
