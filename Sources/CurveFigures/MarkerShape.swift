/// The shape by which a series is told apart without colour.
enum MarkerShape: Int, CaseIterable {
    case circle, square, triangle, diamond, down, plus, bar, cross

    init(series: Int) {
        self = MarkerShape.allCases[series % MarkerShape.allCases.count]
    }

    /// A closed path around the point, about 8 pixels across.
    func path(_ x: Double, _ y: Double) -> String {
        let at = "M\(SVGText.coordinate(x)) \(SVGText.coordinate(y))"
        return switch self {
        case .circle: "\(at)m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z"
        case .square: "\(at)m-3.2-3.2h6.4v6.4h-6.4z"
        case .triangle: "\(at)m0-4.4l4.2 7.4h-8.4z"
        case .diamond: "\(at)m0-4.8l4 4.8l-4 4.8l-4-4.8z"
        case .down: "\(at)m0 4.4l4.2-7.4h-8.4z"
        case .plus: "\(at)m-1.3-4.5h2.6v3.2h3.2v2.6h-3.2v3.2h-2.6v-3.2h-3.2v-2.6h3.2z"
        case .bar: "\(at)m-1.7-4.6h3.4v9.2h-3.4z"
        case .cross:
            "\(at)m-4-2.2l1.8-1.8l2.2 2.2l2.2-2.2l1.8 1.8l-2.2 2.2l2.2 2.2l-1.8 1.8l-2.2-2.2l-2.2 2.2l-1.8-1.8l2.2-2.2z"
        }
    }
}
